// Package tenancy holds the words that every part of the product shares: names of
// the objects that a Profile owns, roles, subjects, annotation keys and reserved
// namespaces. Everything here is pure. The names are fixed by what existing
// Kubeflow installations, dashboards and pipelines depend on.
package tenancy

// Names of the objects inside a Profile's namespace.
const (
	// EditorServiceAccount runs notebooks and pipelines; it is also the name of the
	// RoleBinding that gives it kubeflow-edit.
	EditorServiceAccount = "default-editor"
	// ViewerServiceAccount may look and not touch; it is also the name of the
	// RoleBinding that gives it kubeflow-view.
	ViewerServiceAccount = "default-viewer"
	// OwnerRoleBinding gives the owner kubeflow-admin.
	OwnerRoleBinding = "namespaceAdmin"
	// OwnerAuthorizationPolicy admits the owner through the mesh.
	OwnerAuthorizationPolicy = "ns-owner-access-istio"
	// ResourceQuota holds the Profile's limits.
	ResourceQuota = "kf-resource-quota"
)

// Annotations by which other programs find out who may use what.
const (
	// OwnerAnnotation on a namespace holds the name of the Profile's owner.
	OwnerAnnotation = "owner"
	// UserAnnotation on a RoleBinding or AuthorizationPolicy holds the name of the
	// user or group that it admits; the access API lists by it.
	UserAnnotation = "user"
	// RoleAnnotation on a RoleBinding or AuthorizationPolicy holds the API role:
	// admin, edit or view.
	RoleAnnotation = "role"
)

// Labels that the controller sets.
const (
	// IstioInjectionLabel on a namespace turns sidecar injection on or off.
	IstioInjectionLabel = "istio-injection"
	// IstioInjectionEnabled is the value that turns it on.
	IstioInjectionEnabled = "enabled"
	// ManagedByLabel marks the objects inside a namespace that the controller keeps.
	// Its caches hold objects with this label and no others.
	ManagedByLabel = "app.kubernetes.io/managed-by"
	// ManagedByValue is the value of ManagedByLabel.
	ManagedByValue = "profile-controller"
)
