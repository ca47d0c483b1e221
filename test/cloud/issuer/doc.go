// Package issuer publishes the keys of a Kubernetes API server's service account tokens as
// clouds want to find them: a discovery document and a JWKS over TLS, at the issuer's own
// address. Start it first, give its URL to the API server as --service-account-issuer, then
// Publish the API server's signing key.
//
// Where the API server itself can be reached, ThroughAPIServer needs no issuer of its own.
package issuer
