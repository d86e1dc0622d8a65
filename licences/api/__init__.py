"""What everybody may fetch of the platform's credentials: keys and trust."""
