namespace Skep.Agent.KernelTests.Enforcement;

/// <summary>Policies as text, as a user writes them.</summary>
static class PolicyText
{
    /// <summary>A policy with a section of hooks.</summary>
    public static string Of(string name, string section, string mode = "enforce") => $"""
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: {name}
        spec:
          options:
          - name: policy-mode
            value: {mode}
        {Indented(section)}
        """;

    /// <summary>A policy about reading a file, by the system call that opens it, with further parts of the selector.</summary>
    public static string AboutOpening(string path, string selector = "", string extra = "") => Of("opening", $"""
        kprobes:
        - call: sys_openat
          syscall: true
          args:
          - {"{index: 1, type: string}"}
        {Indented(extra)}
          selectors:
          - matchArgs:
            - {"{"}index: 1, operator: Equal, values: ["{path}"]{"}"}
        {Indented(selector, 4)}
        """);

    static string Indented(string text, int spaces = 2) => string.Join('\n', text.Split('\n').Select(line => new string(' ', spaces) + line));
}
