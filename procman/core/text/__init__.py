"""From bytes to lines on a screen."""
