"""What Argo CD, Flux, Helm and other deployers write and mean. Pure: objects in, facts out."""
