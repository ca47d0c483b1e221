package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// inventory describes what the first Profile owns now, one line an object.
func (s *stage) inventory(ctx context.Context) ([]string, error) {
	p := &profilev1.Profile{}
	if err := s.client.Get(ctx, client.ObjectKey{Name: s.names[0]}, p); err != nil {
		return nil, err
	}
	var lines []string
	for _, o := range roomOf(p) {
		if err := s.client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return nil, err
		}
		line, err := describe(o, s.client.Scheme())
		if err != nil {
			return nil, err
		}
		lines = append(lines, strings.ReplaceAll(line, string(p.UID), "UID"))
	}
	return lines, nil
}

// describe is an object without what differs from one cluster to the next.
func describe(o client.Object, scheme *runtime.Scheme) (string, error) {
	kind, err := apiutil.GVKForObject(o, scheme)
	if err != nil {
		return "", err
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return "", err
	}
	metadata, _ := content["metadata"].(map[string]any)
	for _, key := range []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"} {
		delete(metadata, key)
	}
	delete(content, "status")
	text, err := json.Marshal(content)
	return kind.Kind + " " + string(text), err
}

// sameInventory fails when the bare client made other objects than the controller,
// since the two could then not be compared.
func sameInventory(bare, controller []string) error {
	var errs []error
	for _, line := range bare {
		if !slices.Contains(controller, line) {
			errs = append(errs, fmt.Errorf("only the bare client made %s", line))
		}
	}
	for _, line := range controller {
		if !slices.Contains(bare, line) {
			errs = append(errs, fmt.Errorf("only the controller made %s", line))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("the comparison is not fair; correct test/bench/room.go: %w", errors.Join(errs...))
	}
	return nil
}
