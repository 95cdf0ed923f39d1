"""Who asks, over which wire: HTTP, command line and the one composition root."""
