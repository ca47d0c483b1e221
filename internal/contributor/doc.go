// Package contributor says what a contributor of a Profile is in the cluster: a
// RoleBinding and an AuthorizationPolicy in the Profile's namespace. It builds the two, and
// it recognises them by what they say. The access API and the controller share it, so that
// a contributor looks the same whether somebody granted it or a Profile declares it.
// Everything here is pure.
//
// # Whose object is it
//
// The two programs tell their objects apart by the label app.kubernetes.io/managed-by. What
// the access API makes carries kfam there, so the controller, whose caches hold only its
// own label, never sees it and so can never prune it. What a Profile declares in
// spec.contributors carries profile-controller, as all that the controller keeps, and the
// annotation SourceAnnotation besides; the access API lists it, and leaves the rest to the
// controller. Objects of the existing access API carry neither and are found by content.
//
// A tenant who may write RoleBindings can forge both marks. That only hurts the forger: the
// marks bring the object into the controller's sight, and the controller removes what is
// marked as declared and stands in no spec.contributors.
package contributor
