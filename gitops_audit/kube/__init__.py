"""What is true of Kubernetes wherever it is used. Pure: values in, values out."""
