// Package ways finds out who gets into the namespaces of Profiles, and by which rule: by RBAC, by the
// policies of the mesh, and by cloud identities. It only reads.
package ways
