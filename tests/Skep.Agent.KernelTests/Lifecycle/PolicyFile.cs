namespace Skep.Agent.KernelTests.Lifecycle;

/// <summary>A file of policies, written anew when a test wants other ones.</summary>
sealed class PolicyFile : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("skep-policies-").FullName;

    public PolicyFile(string text)
    {
        Path = System.IO.Path.Combine(_directory, "policy.yaml");
        Write(text);
    }

    public string Path { get; }

    /// <summary>Who opens a file of this name is killed.</summary>
    public static string KillsOpenerOf(string file) => $"""
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: "forbidden"
        spec:
          kprobes:
          - call: "sys_openat"
            syscall: true
            args:
            - index: 1
              type: "string"
            selectors:
            - matchArgs:
              - index: 1
                operator: "Equal"
                values: ["{file}"]
              matchActions:
              - action: Sigkill
        """;

    public void Write(string text) => File.WriteAllText(Path, text);

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
