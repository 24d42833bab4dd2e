package saeclient

import "github.com/aliyun/credentials-go/credentials"

// fixedCredential hands the core the keys that were resolved for one call, so that the core
// never waits for a credential service out of reach of the call's context.
type fixedCredential struct {
	credentials.Credential

	model *credentials.CredentialModel
}

// GetCredential returns the resolved keys.
func (f fixedCredential) GetCredential() (*credentials.CredentialModel, error) { return f.model, nil }
