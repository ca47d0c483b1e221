// Package chart holds the Helm chart against the kustomize overlays: with the values of each, it
// has to make the same objects.
package chart
