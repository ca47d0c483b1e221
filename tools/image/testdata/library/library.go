// Package library is no program, so no image can be made of it.
package library
