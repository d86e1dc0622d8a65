"""The reference city, filled with synthetic holders, licences and accounts: for a first look and the walk-through."""
