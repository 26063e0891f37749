"""The live value as a patch to the manifests: `remediate plan --to git`."""
