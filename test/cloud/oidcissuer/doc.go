// Package oidcissuer runs an OpenID Connect issuer that nobody here wrote, zitadel's, with
// people who log in by its form as a browser would. So what a program makes of real tokens can
// be tried: their claims, their groups, and keys that change.
//
// Tokens that no login gives, such as expired ones, are signed with the same key by Token, and
// those of attackers by Sign.
package oidcissuer
