"""A first functionConfig for a package: what `krm-fn init` finds out, writes, and adds to files of kustomize and kpt.

`survey` reads the package, `kuma_facts` what it says about the Kuma installation, `draft` makes the text, `hooks` the
lines for kustomization.yaml and Kptfile. Pure, but for the reading of those two files.
"""
