package iamsts

// operation is one action of the API.
type operation struct {
	service service
	run     func(*Server, *call) (any, error)
	// on names what the caller needs the permission for. An operation without it needs
	// none.
	on func(*Server, *call) resource
	// anonymous operations take requests without a signature.
	anonymous bool
}

// operations are all that the double knows.
var operations map[string]operation

// The table is filled here because what it holds refers to it.
func init() {
	operations = map[string]operation{
		"CreateRole":             {service: iamService, run: (*Server).createRole, on: (*Server).newRoleResource},
		"GetRole":                {service: iamService, run: (*Server).getRole, on: (*Server).roleResource},
		"ListRoles":              {service: iamService, run: (*Server).listRoles, on: (*Server).rolesResource},
		"DeleteRole":             {service: iamService, run: (*Server).deleteRole, on: (*Server).roleResource},
		"UpdateAssumeRolePolicy": {service: iamService, run: (*Server).updateAssumeRolePolicy, on: (*Server).roleResource},

		"PutRolePolicy":            {service: iamService, run: (*Server).putRolePolicy, on: (*Server).roleResource},
		"GetRolePolicy":            {service: iamService, run: (*Server).getRolePolicy, on: (*Server).roleResource},
		"ListRolePolicies":         {service: iamService, run: (*Server).listRolePolicies, on: (*Server).roleResource},
		"AttachRolePolicy":         {service: iamService, run: (*Server).attachRolePolicy, on: (*Server).roleResource},
		"ListAttachedRolePolicies": {service: iamService, run: (*Server).listAttachedRolePolicies, on: (*Server).roleResource},
		"GetAccountSummary":        {service: iamService, run: (*Server).getAccountSummary, on: (*Server).anyResource},

		"TagRole":      {service: iamService, run: (*Server).tagRole, on: (*Server).roleResource},
		"UntagRole":    {service: iamService, run: (*Server).untagRole, on: (*Server).roleResource},
		"ListRoleTags": {service: iamService, run: (*Server).listRoleTags, on: (*Server).roleResource},

		"CreateOpenIDConnectProvider": {service: iamService, run: (*Server).createProvider, on: (*Server).providerResource},
		"GetOpenIDConnectProvider":    {service: iamService, run: (*Server).getProvider, on: (*Server).providerResource},
		"ListOpenIDConnectProviders":  {service: iamService, run: (*Server).listProviders, on: (*Server).providerResource},
		"DeleteOpenIDConnectProvider": {service: iamService, run: (*Server).deleteProvider, on: (*Server).providerResource},

		"AddClientIDToOpenIDConnectProvider": {service: iamService, run: (*Server).addClientID, on: (*Server).providerResource},

		"AssumeRoleWithWebIdentity": {service: stsService, run: (*Server).assumeRoleWithWebIdentity, anonymous: true},
		"GetCallerIdentity":         {service: stsService, run: (*Server).getCallerIdentity},
	}
}
