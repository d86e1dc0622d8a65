"""What verifications are compared with: the least that such a server must do, and what a team would write first."""
