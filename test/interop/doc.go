// Package interop has the mesh policies of Profiles judged by code that nobody here wrote.
//
// The policies come from the product's own packages, as YAML. Istio's validator must take
// them. Istio's configuration generator, the one that runs in istiod, turns them into what the
// sidecar of a pod in the Profile's namespace gets. The rules are taken out of that and given
// to gRPC's implementation of Envoy's RBAC filter, in a gRPC server that gets them over xDS.
// Callers connect to that server with client certificates that carry SPIFFE identities, and
// the server lets them in or not.
//
// gRPC decides about identities and headers natively. It sends POST only, has its own form of
// paths, knows no JWT claims and listens on any port; so the matchers of these four are pointed at
// headers in which the test sends the method, the path, the claims and the port (standin_test.go). The matchers
// themselves, and the logic around them, stay as Istio wrote them, and testdata shows the
// configuration as it was before. What Envoy does to a path before the RBAC filter sees it is
// computed from that configuration (path_test.go).
//
// The table of requests is the documentation for reviewers: docs/security.md shows it, and
// go test -update writes it there.
//
// A new version of Istio needs all three: istio.io/istio, and the versions of go-control-plane's
// modules envoy and contrib that it names.
package interop
