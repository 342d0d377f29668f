// A native KRM function for comparison (see bench/peers.py): it reads a ResourceList, sets one annotation on every
// Service, and writes the ResourceList, as functions in Go do it with kustomize's own library.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const annotation = "ingress.kubernetes.io/service-upstream"

func annotateServices(list *framework.ResourceList) error {
	for _, item := range list.Items {
		if item.GetApiVersion() != "v1" || item.GetKind() != "Service" {
			continue
		}
		if err := item.PipeE(yaml.SetAnnotation(annotation, "true")); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	streams := &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout, KeepReaderAnnotations: true}
	if err := framework.Execute(framework.ResourceListProcessorFunc(annotateServices), streams); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
