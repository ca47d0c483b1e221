package eks

import (
	"encoding/base64"
	"net/url"
	"strconv"
)

// largestPage is also how many results a page has when nobody says how many.
const largestPage = 100

// pageOf cuts the part out of a list that was asked for with maxResults and nextToken. next
// is nil on the last page.
func pageOf[T any](all []T, query url.Values) (page []T, next *string, err error) {
	size := largestPage
	if text := query.Get("maxResults"); text != "" {
		if size, err = strconv.Atoi(text); err != nil || size < 1 || size > largestPage {
			return nil, nil, invalidParameter("maxResults must be between 1 and %d", largestPage)
		}
	}
	from := 0
	if token := query.Get("nextToken"); token != "" {
		text, err := base64.StdEncoding.DecodeString(token)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 {
			return nil, nil, invalidParameter("nextToken is not one that was returned")
		}
	}
	from = min(from, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		token := base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
		next = &token
	}
	// A list without results is an empty list and not null.
	return append([]T{}, all[from:to]...), next, nil
}
