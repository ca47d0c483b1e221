// Package access is the core of access management: who may do what in which Profile, and
// the granting, revoking and listing of contributors. HTTP stands in front of it.
//
// It has four parts. Index answers questions from memory; it is fed by the events of
// informers. Rules are pure functions that decide, each with a reason and a sentence for
// the caller. Keeper makes and removes the RoleBinding and the AuthorizationPolicy of a
// contributor as a unit. Registrar creates and deletes Profiles for those who may.
//
// # The unit and how it heals
//
// The RoleBinding is the record of a contributor; the policy follows it. So a grant writes
// the RoleBinding first, and a revocation removes it first. Whatever happens between the
// two writes, what is left says what was meant: a RoleBinding without a policy is a grant
// to complete, a policy without a RoleBinding is a revocation to complete. Every call
// completes both kinds in its namespace, and Sweep everywhere.
package access
