// Package v1beta1 serves Profiles to clients that still use kubeflow.org/v1beta1.
// Its schema is that of v1, so that no conversion is needed; new code uses v1.
//
// +kubebuilder:object:generate=true
// +groupName=kubeflow.org
package v1beta1
