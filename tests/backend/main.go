// A stand-in for the web backend of AI Runway: the answers that checks 11 and 12 of the test plan ask for, as the real one
// gave them, and every way to be wrong about one of them. FAULT names the faults, separated by commas.
//
// It listens on PORT, reads recipes from VLLM_RECIPES_BASE_URL and writes deployments to API_SERVER, a base URL.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const bound = 5 << 20

var (
	faults  = strings.Split(os.Getenv("FAULT"), ",")
	origin  = strings.TrimRight(os.Getenv("VLLM_RECIPES_BASE_URL"), "/")
	modelID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)
	// What a reader without a bound holds on to.
	held [][]byte
)

func faulty(name string) bool {
	for _, fault := range faults {
		if fault == name {
			return true
		}
	}
	return false
}

func main() {
	if faulty("as-a-child") && os.Getenv("INNER") == "" {
		// A script runner: the server is a child, and does not end with its parent.
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "INNER=1")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if child.Start() != nil || child.Wait() != nil {
			os.Exit(1)
		}
		return
	}
	if faulty("stays") {
		signal.Ignore(syscall.SIGTERM)
	}
	if faulty("no-kubeconfig") {
		fmt.Fprintln(os.Stderr, "error: No active cluster!")
		os.Exit(1)
	}
	if faulty("never-ready") {
		fmt.Println("Waiting for better days")
		time.Sleep(time.Hour)
	}
	fmt.Println("Running in development mode")
	listener, err := net.Listen("tcp", ":"+os.Getenv("PORT"))
	if err != nil {
		fmt.Println("Fatal error", err)
		os.Exit(1)
	}
	if name := os.Getenv("TELL"); name != "" {
		told := fmt.Sprintf("%d\n%s\n%s\n%s\n", os.Getpid(), os.Getenv("PORT"), os.Getenv("KUBECONFIG"), os.Getenv("DEFAULT_NAMESPACE"))
		os.WriteFile(name, []byte(told), 0o600)
	}
	fmt.Printf("AI Runway backend running on http://localhost:%s\n", os.Getenv("PORT"))
	for {
		connection, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		go serve(connection)
	}
}

// An answer.
type reply struct {
	status   int
	location string
	body     any
}

func failure(status int, message string) reply {
	if status >= 500 {
		message = "Internal Server Error"
	}
	return reply{status: status, body: map[string]any{"error": map[string]any{"message": message, "statusCode": status}}}
}

// The path comes byte for byte, which Go's own server would not leave so.
func serve(connection net.Conn) {
	defer connection.Close()
	head := make([]byte, 0, 4096)
	piece := make([]byte, 4096)
	for !bytes.Contains(head, []byte("\r\n\r\n")) && len(head) < 64<<10 {
		n, err := connection.Read(piece)
		if n == 0 || err != nil {
			return
		}
		head = append(head, piece[:n]...)
	}
	text, rest, _ := strings.Cut(string(head), "\r\n\r\n")
	lines := strings.Split(text, "\r\n")
	words := strings.Split(lines[0], " ")
	if len(words) != 3 {
		return
	}
	host, length := "", 0
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "host":
			host = strings.TrimSpace(value)
		case "content-length":
			fmt.Sscanf(strings.TrimSpace(value), "%d", &length)
		}
	}
	body := []byte(rest)
	for len(body) < length {
		n, err := connection.Read(piece)
		if err != nil {
			return
		}
		body = append(body, piece[:n]...)
	}
	if faulty("dies") && strings.Contains(words[1], "recipes") {
		fmt.Println("panic: out of luck")
		os.Exit(7)
	}
	answer := route(words[0], words[1], host, body)
	if faulty("hangs") && strings.Contains(words[1], "recipes") {
		time.Sleep(time.Hour)
	}
	var said []byte
	if answer.body != nil {
		said, _ = json.Marshal(answer.body)
	}
	location := ""
	if answer.location != "" {
		location = "Location: " + answer.location + "\r\n"
	}
	fmt.Fprintf(connection, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nVary: Origin\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n",
		answer.status, http.StatusText(answer.status), location, len(said))
	connection.Write(said)
}

// Resolves dots as the real server does before it routes.
func tidy(path string) string {
	var kept []string
	for _, part := range strings.Split(path, "/")[1:] {
		switch part {
		case ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, part)
		}
	}
	return "/" + strings.Join(kept, "/")
}

func route(method, target, host string, body []byte) reply {
	raw, query, _ := strings.Cut(target, "?")
	path := tidy(raw)
	if faulty("fetches-on-traversal") && path != raw {
		fetch(strings.TrimPrefix(raw, "/api/vllm/recipes"))
	}
	answer, found := known(method, path, body)
	if found {
		return answer
	}
	if strings.HasSuffix(path, "/") && method == "GET" && !faulty("no-slash") {
		location := "http://" + host + strings.TrimSuffix(path, "/")
		if query != "" && !faulty("query-lost") {
			location += "?" + query
		}
		status := http.StatusMovedPermanently
		if faulty("other-redirect") {
			status = http.StatusFound
		}
		if faulty("redirects-astray") {
			location = "http://" + host + "/api/health"
		}
		return reply{status: status, location: location}
	}
	return failure(http.StatusNotFound, "Route not found: "+method+" "+path)
}

func known(method, path string, body []byte) (reply, bool) {
	const recipes = "/api/vllm/recipes"
	switch {
	case path == "/api/health":
		return reply{status: 200, body: map[string]any{"status": "healthy", "timestamp": "2026-11-29T07:05:16.961Z"}}, true
	case path == "/api/settings":
		return reply{status: 200, body: map[string]any{"auth": map[string]any{"enabled": faulty("sign-in")}}}, true
	case path == "/api/cluster/status":
		return reply{status: 200, body: map[string]any{"connected": !faulty("no-cluster")}}, true
	case path == "/api/deployments" && method == "POST":
		return create(body), true
	case path == recipes && method == "GET":
		if faulty("no-list") {
			return failure(404, "Route not found: GET "+path), true
		}
		value, ok := fetch("/models.json")
		if !ok {
			return failure(502, ""), true
		}
		return reply{status: 200, body: map[string]any{"recipes": value}}, true
	case strings.HasPrefix(path, recipes+"/") && method == "GET":
		parts := strings.Split(strings.TrimPrefix(path, recipes+"/"), "/")
		if len(parts) != 2 || parts[1] == "" {
			return reply{}, false
		}
		return recipe(parts), true
	}
	return reply{}, false
}

func recipe(parts []string) reply {
	name, err := url.PathUnescape(parts[1])
	if err != nil {
		name = parts[1]
	}
	id := parts[0] + "/" + name
	if !modelID.MatchString(id) {
		if faulty("takes-bad-ids") {
			return reply{status: 200, body: map[string]any{"modelId": id}}
		}
		return failure(400, "Invalid Hugging Face model ID: "+id)
	}
	value, ok := fetch("/" + id + ".json")
	if !ok {
		return failure(502, "")
	}
	return reply{status: 200, body: map[string]any{"modelId": id, "recipe": value}}
}

func fetch(path string) (any, bool) {
	response, err := http.Get(origin + path)
	if err != nil {
		return nil, false
	}
	defer response.Body.Close()
	if faulty("reads-all-forgets") {
		// A bound of memory, and none of bytes.
		io.Copy(io.Discard, response.Body)
		return nil, false
	}
	limit := int64(bound + 1)
	if faulty("buffers") || faulty("takes-any-size") {
		limit = 2 << 30
	}
	read, err := io.ReadAll(io.LimitReader(response.Body, limit))
	if faulty("buffers") {
		held = append(held, read)
	}
	if err != nil || response.StatusCode != 200 || (len(read) > bound && !faulty("takes-any-size")) {
		return nil, false
	}
	if len(read) > bound {
		return "large", true
	}
	var value any
	return value, json.Unmarshal(read, &value) == nil
}

// The object that the real backend sends for a request.
func create(body []byte) reply {
	var request struct {
		Name, Namespace, ModelID, Engine, Provider, Mode, ImageRef string
		Resources                                                  map[string]int
		EngineArgs, Env                                            map[string]string
		EngineExtraArgs                                            []string
		RecipeProvenance                                           map[string]any
	}
	if json.Unmarshal(body, &request) != nil {
		return failure(400, "Malformed JSON in request body")
	}
	annotations := map[string]any{"airunway.ai/generated-by": "vllm-recipe-resolver"}
	for name, value := range request.RecipeProvenance {
		text, is := value.(string)
		if !is {
			packed, _ := json.Marshal(value)
			text = string(packed)
		}
		annotations["airunway.ai/recipe."+name] = text
	}
	if faulty("wrong-annotations") {
		annotations["airunway.ai/recipe.variant"] = "x"
	}
	var env any = []any{
		map[string]any{"name": "VLLM_USE_V1", "value": request.Env["VLLM_USE_V1"]},
		map[string]any{"name": "NCCL_DEBUG", "value": request.Env["NCCL_DEBUG"]},
	}
	if faulty("env-as-map") {
		env = request.Env
	}
	object := map[string]any{
		"apiVersion": "airunway.ai/v1alpha1", "kind": "ModelDeployment",
		"metadata": map[string]any{"name": request.Name, "namespace": request.Namespace, "annotations": annotations},
		"spec": map[string]any{
			"model":    map[string]any{"id": request.ModelID, "source": "huggingface"},
			"provider": map[string]any{"name": request.Provider},
			"engine": map[string]any{
				"type": request.Engine, "image": request.ImageRef, "args": request.EngineArgs,
				"extraArgs": request.EngineExtraArgs,
			},
			"env":       env,
			"resources": map[string]any{"gpu": map[string]any{"count": request.Resources["gpu"], "type": "nvidia.com/gpu"}},
		},
	}
	if faulty("refused") {
		return failure(500, "")
	}
	if faulty("creates-nothing") {
		return reply{status: 201, body: map[string]any{"message": "Deployment created successfully"}}
	}
	sent, _ := json.Marshal(object)
	path := "/apis/airunway.ai/v1alpha1/namespaces/" + request.Namespace + "/modeldeployments"
	response, err := http.Post(os.Getenv("API_SERVER")+path, "application/json", bytes.NewReader(sent))
	if err != nil || response.StatusCode != 201 {
		return failure(500, "")
	}
	response.Body.Close()
	return reply{status: 201, body: map[string]any{
		"message": "Deployment created successfully", "name": request.Name, "namespace": request.Namespace,
	}}
}
