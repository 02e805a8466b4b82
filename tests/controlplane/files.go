package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The users the API server knows, and their groups.
//
//   - reference: what plays the cluster's own software (AI Runway, the tests).
//   - developer: who runs kubectl-airunway; may do everything, and is written
//     to the audit log, so that a test can list its requests.
//   - restricted: may do nothing until a test binds a role to it; audited too.
var users = []struct{ name, group string }{
	{"reference", "system:masters"},
	{"developer", "system:masters"},
	{"restricted", "airunway-tests"},
}

// auditPolicy writes a request down when it is answered, and a watch already when
// its answer begins: its end comes at a time of its own.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users: [developer, restricted]
- level: None
`

// layout names the files below the folder of one control plane.
type layout struct{ dir string }

func (l layout) path(name string) string { return filepath.Join(l.dir, name) }

// kubeconfig is the path of the kubeconfig of one of the users.
func (l layout) kubeconfig(user string) string { return l.path("kubeconfig-" + user) }

// writeStart writes what the API server needs before it starts, and returns the
// bearer token of each user.
func (l layout) writeStart() (map[string]string, error) {
	if err := os.MkdirAll(l.path("certs"), 0o700); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	tokens := map[string]string{}
	var lines strings.Builder
	for _, user := range users {
		random := make([]byte, 16)
		if _, err := rand.Read(random); err != nil {
			return nil, err
		}
		tokens[user.name] = hex.EncodeToString(random)
		fmt.Fprintf(&lines, "%s,%s,%s,%s\n", tokens[user.name], user.name, user.name, user.group)
	}
	for name, content := range map[string][]byte{
		"service-account.key": block,
		"tokens.csv":          []byte(lines.String()),
		"audit-policy.yaml":   []byte(auditPolicy),
	} {
		if err := os.WriteFile(l.path(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// writeKubeconfigs writes one kubeconfig for each user. The API server has
// written its serving certificate, and behind it the authority that signed it.
func (l layout) writeKubeconfigs(server string, tokens map[string]string) error {
	authority, err := os.ReadFile(l.path("certs/apiserver.crt"))
	if err != nil {
		return err
	}
	for user, token := range tokens {
		config := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: airunway
clusters:
- name: airunway
  cluster:
    server: %s
    certificate-authority-data: %s
contexts:
- name: airunway
  context: {cluster: airunway, user: %s}
users:
- name: %s
  user:
    token: %s
`, server, base64Of(authority), user, user, token)
		if err := os.WriteFile(l.kubeconfig(user), []byte(config), 0o600); err != nil {
			return err
		}
	}
	return nil
}
