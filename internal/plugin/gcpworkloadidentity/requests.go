package gcpworkloadidentity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"
)

// Policy reads an allow policy. The version is asked for, because without it IAM hides
// conditions (iam/v1, Policy.Version).
func (c *Client) Policy(ctx context.Context, resource string) ([]byte, error) {
	return c.send(ctx, resource+":getIamPolicy", url.Values{"options.requestedPolicyVersion": {strconv.Itoa(policyVersion)}}, nil)
}

// SetPolicy writes an allow policy. IAM's default mask has it change the bindings and nothing
// else (iam/v1, SetIamPolicyRequest.UpdateMask).
func (c *Client) SetPolicy(ctx context.Context, resource string, policy []byte) ([]byte, error) {
	body, err := encode(map[string]json.RawMessage{"policy": policy})
	if err != nil {
		return nil, err
	}
	return c.send(ctx, resource+":setIamPolicy", url.Values{}, body)
}

const (
	// requestTimeout ends a request that IAM does not answer. Whether it was carried out is
	// then found out by reading.
	requestTimeout = 15 * time.Second
	// longestAnswer is far more than a policy may have.
	longestAnswer = 8 << 20
)

// send sends one request and returns the JSON of the answer. Answers that refuse are
// *googleapi.Error.
func (c *Client) send(ctx context.Context, method string, query url.Values, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	found, err := c.credentials()
	if err != nil {
		return nil, err
	}
	r, err := c.request(ctx, found, method, query, body)
	if err != nil {
		if refusesToken(err) {
			c.forget(found)
		}
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusUnauthorized {
		c.forget(found)
	}
	if err := googleapi.CheckResponse(answer); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err == nil && !json.Valid(text) {
		err = errors.New("the answer is not JSON, so it is not from IAM")
	}
	return text, err
}

// errNoToken tells that there are credentials and that no access token was given for them, so
// that a request was not even sent.
var errNoToken = errors.New("no access token")

// request is a request with an access token. Its errors are errNoToken.
func (c *Client) request(ctx context.Context, found *auth.Credentials, method string, query url.Values, body []byte) (*http.Request, error) {
	base, domainErr := c.base(ctx, found)
	quota, quotaErr := found.QuotaProjectID(ctx)
	token, tokenErr := found.Token(ctx)
	if err := errors.Join(domainErr, quotaErr, tokenErr); err != nil {
		return nil, fmt.Errorf("%w: %w", errNoToken, err)
	}
	query.Set("alt", "json")
	query.Set("prettyPrint", "false")
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"v1/"+method+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token.Value)
	r.Header.Set("User-Agent", "kfprofiles")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if quota != "" {
		r.Header.Set("X-Goog-User-Project", quota)
	}
	return r, nil
}
