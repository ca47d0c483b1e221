package oidcissuer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// Login goes the way of a browser: it asks to log in to an application, fills in the form, and
// is sent back to the application with the ID token that it returns.
func (i *Issuer) Login(ctx context.Context, application, person string) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	b := browser{&http.Client{Transport: i.Client().Transport, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	query := url.Values{"client_id": {application}, "redirect_uri": {redirectURI}, "response_type": {"id_token"},
		"scope": {"openid email"}, "state": {"s"}, "nonce": {"n"}}
	form, err := b.follow(ctx, http.MethodGet, i.URL()+"/auth?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	answer := url.Values{"id": {form.Query().Get("authRequestID")}, "username": {person}, "password": {password}}
	callback, err := b.follow(ctx, http.MethodPost, i.URL()+"/login/username", answer)
	if err != nil {
		return "", err
	}
	back, err := b.follow(ctx, http.MethodGet, callback.String(), nil)
	if err != nil {
		return "", err
	}
	values, err := url.ParseQuery(back.Fragment)
	if err != nil || values.Get("id_token") == "" {
		return "", fmt.Errorf("%s is sent back to %s without an ID token", person, back)
	}
	return values.Get("id_token"), nil
}

type browser struct{ *http.Client }

// follow sends a request and returns where the answer leads.
func (b browser) follow(ctx context.Context, method, address string, form url.Values) (*url.URL, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := b.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	target, err := response.Location()
	if err != nil {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return nil, fmt.Errorf("%s %s leads nowhere: %s: %s", method, address, response.Status, body)
	}
	return target, nil
}
