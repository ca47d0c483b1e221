package iamsts

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// provider is an OIDC identity provider: an issuer whose tokens the account takes.
type provider struct {
	arn, url    string
	clientIDs   []string
	thumbprints []string
	tags        map[string]string
	created     time.Time
}

// ProviderARN is the ARN under which the account knows an issuer, or would.
func (s *Server) ProviderARN(issuer string) string {
	return s.account.arn("iam", "oidc-provider/"+strings.TrimPrefix(issuer, "https://"))
}

// AddProvider has the account take tokens of an issuer, for the given audiences. It
// returns the provider's ARN.
func (s *Server) AddProvider(issuer string, audiences ...string) string {
	arn := s.ProviderARN(issuer)
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.account.providers[arn] = &provider{arn: arn, url: strings.TrimPrefix(issuer, "https://"), clientIDs: audiences, created: s.options.Now()}
	return arn
}

type providerARNResult struct {
	OpenIDConnectProviderArn string
	Tags                     *tagList
}

var thumbprint = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

func (s *Server) createProvider(c *call) (any, error) {
	address := c.parameters.Get("Url")
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
		return nil, apiError{http.StatusBadRequest, "ValidationError", "Invalid Open ID Connect Provider URL"}
	}
	thumbprints := members(c.parameters, "ThumbprintList", "")
	for _, value := range thumbprints {
		if !thumbprint.MatchString(value) {
			return nil, invalid("thumbprintList", value, "Member must have length equal to 40")
		}
	}
	tags, err := tagsOf(c.parameters)
	if err != nil {
		return nil, err
	}
	arn := s.ProviderARN(address)
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, ok := s.account.providers[arn]; ok {
		return nil, apiError{http.StatusConflict, "EntityAlreadyExists", "Provider with url " + address + " already exists."}
	}
	s.account.providers[arn] = &provider{
		arn: arn, url: strings.TrimPrefix(address, "https://"), created: c.now, tags: tags,
		clientIDs: members(c.parameters, "ClientIDList", ""), thumbprints: thumbprints,
	}
	return providerARNResult{arn, tagsXML(tags)}, nil
}

func (s *Server) addClientID(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	p, err := s.account.findProvider(c.parameters.Get("OpenIDConnectProviderArn"))
	if err != nil {
		return nil, err
	}
	if id := c.parameters.Get("ClientID"); !slices.Contains(p.clientIDs, id) {
		p.clientIDs = append(p.clientIDs, id)
	}
	return nil, nil
}

func (a *account) findProvider(arn string) (*provider, error) {
	p, ok := a.providers[arn]
	if !ok {
		return nil, apiError{http.StatusNotFound, "NoSuchEntity", "OpenIDConnect Provider not found for arn " + arn}
	}
	return p, nil
}

type providerResult struct {
	URL            string   `xml:"Url"`
	ClientIDList   []string `xml:"ClientIDList>member"`
	ThumbprintList []string `xml:"ThumbprintList>member"`
	CreateDate     string
	Tags           *tagList
}

func (s *Server) getProvider(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	p, err := s.account.findProvider(c.parameters.Get("OpenIDConnectProviderArn"))
	if err != nil {
		return nil, err
	}
	return providerResult{p.url, slices.Clone(p.clientIDs), slices.Clone(p.thumbprints), timestamp(p.created), tagsXML(p.tags)}, nil
}

type listedProvider struct {
	ARN string `xml:"Arn"`
}

type listProvidersResult struct {
	OpenIDConnectProviderList []listedProvider `xml:"OpenIDConnectProviderList>member"`
}

func (s *Server) listProviders(*call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var result listProvidersResult
	for _, arn := range sortedNames(s.account.providers) {
		result.OpenIDConnectProviderList = append(result.OpenIDConnectProviderList, listedProvider{arn})
	}
	return result, nil
}

// deleteProvider succeeds also when there is none, as IAM documents.
func (s *Server) deleteProvider(c *call) (any, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	delete(s.account.providers, c.parameters.Get("OpenIDConnectProviderArn"))
	return nil, nil
}
