package kfam

import (
	"net/http"

	"github.com/kfprofiles/kfprofiles/internal/access"
)

// ownPage refuses a change that a page of another site has a browser send. The gateway puts
// the user's name on whatever comes with the user's cookie, so that any site that a user
// visits could share, or delete, what is theirs. Browsers say where a request comes from;
// programs such as the dashboard's server send no such header and are let through.
func ownPage(r *http.Request) error {
	var protection http.CrossOriginProtection
	if err := protection.Check(r); err != nil {
		return &access.Error{Kind: access.Forbidden, Cause: err,
			Message: "This request was sent by a page of another site. Use the pages of this installation, or a program that is no browser."}
	}
	return nil
}
