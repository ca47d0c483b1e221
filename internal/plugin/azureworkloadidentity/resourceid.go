package azureworkloadidentity

import (
	"regexp"
	"strings"

	"github.com/kfprofiles/kfprofiles/plugin"
)

// ResourceID names a user-assigned managed identity. Resource Manager compares such names
// without regard to case, so the letters A to Z are lower case here: two Profiles that
// spell one identity differently mean the same one.
type ResourceID struct {
	Subscription, Group, Name string
}

// String returns the path by which Resource Manager knows the identity.
func (r ResourceID) String() string {
	return "/subscriptions/" + r.Subscription + "/resourceGroups/" + r.Group +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + r.Name
}

const uuid = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

// The bounds of the names are those of Microsoft's page "Naming rules and restrictions for
// Azure resources".
var (
	resourceIDPattern = regexp.MustCompile(`^/(?i:subscriptions)/(` + uuid + `)/(?i:resourceGroups)/([\p{L}\p{Nd}_().-]{0,89}[\p{L}\p{Nd}_()-])/(?i:providers/Microsoft\.ManagedIdentity/userAssignedIdentities)/([a-zA-Z0-9][a-zA-Z0-9_-]{2,127})$`)
	uuidPattern       = regexp.MustCompile(`^` + uuid + `$`)
)

// parseResourceID returns an InvalidSpec error for anything but the resource ID of a
// user-assigned managed identity.
func parseResourceID(field, text string) (ResourceID, error) {
	parts := resourceIDPattern.FindStringSubmatch(text)
	if parts == nil {
		return ResourceID{}, plugin.InvalidSpec(field, "%q is not the resource ID of a user-assigned managed identity; it looks like /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/name, and az identity show --query id prints it", shortened(text))
	}
	return ResourceID{Subscription: lower(parts[1]), Group: lower(parts[2]), Name: lower(parts[3])}, nil
}

// parseUUID returns the canonical form.
func parseUUID(field, text string) (string, error) {
	if !uuidPattern.MatchString(text) {
		return "", plugin.InvalidSpec(field, "%q is not a UUID; it looks like 00000000-0000-0000-0000-000000000000", shortened(text))
	}
	return lower(text), nil
}

// lower leaves other alphabets alone: how Azure folds their cases is not written down.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// shortened keeps a message readable whatever somebody wrote.
func shortened(text string) string {
	const longest = 250
	if runes := []rune(strings.ToValidUTF8(text, "�")); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
