"""The document of a licence: laid out as PDF/A, sealed (PAdES), and checked without the platform."""
