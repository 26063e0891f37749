"""The checks of an audit: each looks at one case and adds what it found."""
