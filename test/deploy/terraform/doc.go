// Package terraform reads the Terraform modules with HashiCorp's own parser: their form, that
// everything they refer to is there, and what the policies become that they write. Providers are not
// asked: whether a resource takes an argument is not known here.
package terraform
