// Package identity decides what the controller asks of its identity plugins: which plugins
// there are (Registry), what a Profile's spec wants of them (Wishes), what was asked of them
// before and stands in the Profile's status (Ledger, its records sealed against forgery),
// and so what is to be done next. The plugins' side of the contract is package plugin.
package identity
