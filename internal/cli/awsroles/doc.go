// Package awsroles is what kubectl profile aws does in IAM: it makes roles for service accounts,
// the controller's own and those of Profiles, checks that they work, and looks for roles that let
// in whom they should not.
//
// Whatever changes something is first made a list of steps, by pure functions from what was
// found and what is wanted. A step that has nothing to do says what it found. So a list can be
// shown and not carried out, carried out twice, and taken up again where it failed.
//
// Trust policies are edited by package trustpolicy alone, so a role names the accounts that may
// have it from its first moment, and what others wrote stays.
package awsroles
