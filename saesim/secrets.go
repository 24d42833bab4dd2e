package saesim

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
)

const (
	paramSecret = "SecretId"

	// codeSecretNotFound is made after the code of config maps: none is documented.
	codeSecretNotFound = "NotFound.Secret"
)

// secret is one secret of a namespace. A state file holds its data as it was sent.
type secret struct {
	ID          int64             `json:"id"`
	NamespaceID string            `json:"namespaceId"`
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Data        map[string]string `json:"data"`
	CreatedAt   time.Time         `json:"createdAt"`
	UpdatedAt   time.Time         `json:"updatedAt"`
}

// secretNamePattern takes the hyphens that the samples have and the text leaves out.
func secretNamePattern() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`) }

// secretData reads the SecretData parameter: an object of texts, or one whose member
// SecretData is such an object as JSON text. Values are answered in base64; the pull
// credential of a registry is sent so.
func (c *call) secretData() (map[string]string, *apiError) {
	text := c.arg("SecretData")
	var wrapped struct{ SecretData *string }
	if json.Unmarshal([]byte(text), &wrapped) == nil && wrapped.SecretData != nil {
		text = *wrapped.SecretData
	}
	var data map[string]string
	if json.Unmarshal([]byte(text), &data) != nil || len(data) == 0 {
		return nil, invalidParameter("SecretData", "it must be a JSON object of texts")
	}
	return data, nil
}

type secretIDData struct {
	SecretID int64 `json:"SecretId"`
}

// createSecret serves CreateSecret.
func createSecret(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	data, refused := c.secretData()
	if refused != nil {
		return nil, refused
	}
	name := c.arg("SecretName")
	switch {
	case !secretNamePattern().MatchString(name):
		return nil, invalidParameter("SecretName", "it must begin with a letter and have letters, digits, hyphens and underscores")
	case slices.ContainsFunc(c.st.secretsOf(ns.ID), func(s *secret) bool { return s.Name == name }):
		return nil, invalidParameter("SecretName", "the namespace has a secret of this name")
	}
	c.st.NextSecret++
	made := &secret{
		ID: c.st.NextSecret, NamespaceID: ns.ID, Name: name, Type: c.arg("SecretType"), Data: data, CreatedAt: c.now, UpdatedAt: c.now,
	}
	c.st.Secrets[made.ID] = made
	return secretIDData{SecretID: made.ID}, nil
}

// secretsOf lists the secrets of a namespace in the order they were made.
func (s *state) secretsOf(namespaceID string) []*secret {
	list := slices.SortedFunc(maps.Values(s.Secrets), func(a, b *secret) int { return cmp.Compare(a.ID, b.ID) })
	return slices.DeleteFunc(list, func(x *secret) bool { return x.NamespaceID != namespaceID })
}

// secret returns the secret that a call names, of the namespace that it names.
func (c *call) secret() (*secret, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	id, _ := strconv.ParseInt(c.arg(paramSecret), 10, 64)
	if found := c.st.Secrets[id]; found != nil && found.NamespaceID == ns.ID {
		return found, nil
	}
	return nil, refuse(codeSecretNotFound, c.arg(paramSecret))
}

// deleteSecret serves DeleteSecret. One that an application pulls its image with stays.
func deleteSecret(c *call) (any, *apiError) {
	s, refused := c.secret()
	if refused != nil {
		return nil, refused
	}
	if len(c.st.using(s)) > 0 {
		return nil, invalidParameter(paramSecret, "an application uses the secret")
	}
	delete(c.st.Secrets, s.ID)
	return secretIDData{SecretID: s.ID}, nil
}

// updateSecret serves UpdateSecret: the data is replaced.
func updateSecret(c *call) (any, *apiError) {
	s, refused := c.secret()
	if refused != nil {
		return nil, refused
	}
	data, refused := c.secretData()
	if refused != nil {
		return nil, refused
	}
	s.Data, s.UpdatedAt = data, c.now
	return secretIDData{SecretID: s.ID}, nil
}

// using lists the applications that pull their image with a secret.
func (s *state) using(x *secret) []*application {
	return slices.DeleteFunc(s.workloads(), func(a *application) bool {
		return a.settings()["ImagePullSecrets"] != strconv.FormatInt(x.ID, 10)
	})
}

type secretListedData struct {
	CreateTime  int64
	UpdateTime  int64
	NamespaceID string `json:"NamespaceId"`
	RelateApps  []relatedAppData
	SecretID    int64 `json:"SecretId"`
	SecretName  string
	SecretType  string
}

type secretFullData struct {
	secretListedData

	SecretData map[string]string
}

func (c *call) showSecret(s *secret) secretListedData {
	data := secretListedData{
		CreateTime: millis(s.CreatedAt), UpdateTime: millis(s.UpdatedAt), NamespaceID: s.NamespaceID,
		RelateApps: []relatedAppData{}, SecretID: s.ID, SecretName: s.Name, SecretType: s.Type,
	}
	for _, app := range c.st.using(s) {
		data.RelateApps = append(data.RelateApps, relatedAppData{AppName: app.Name, AppID: app.ID})
	}
	return data
}

// describeSecret serves DescribeSecret, which answers the data in base64.
func describeSecret(c *call) (any, *apiError) {
	s, refused := c.secret()
	if refused != nil {
		return nil, refused
	}
	data := secretFullData{secretListedData: c.showSecret(s), SecretData: map[string]string{}}
	for key, value := range s.Data {
		if s.Type == "Opaque" {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		data.SecretData[key] = value
	}
	return data, nil
}

type secretsData struct{ Secrets []secretListedData }

// listSecrets serves ListSecrets, which shows no data.
func listSecrets(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	data := secretsData{Secrets: []secretListedData{}}
	for _, s := range c.st.secretsOf(ns.ID) {
		data.Secrets = append(data.Secrets, c.showSecret(s))
	}
	return data, nil
}
