using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Skep.Engine.KernelTests;

/// <summary>A container made by runc from a busybox in a temporary directory. Unless it is told to do something else it sleeps until the test is over.</summary>
sealed class RuncContainer : IDisposable
{
    const string Runc = "/usr/sbin/runc";

    readonly string _bundle = Directory.CreateTempSubdirectory("skep-bundle").FullName;
    readonly string? _root;

    public RuncContainer(string id, IReadOnlyDictionary<string, string>? annotations = null, params string[] command) : this(null, id, annotations, command)
    {
    }

    /// <param name="root">Where runc keeps its state, as other runtimes tell it; null for its own place.</param>
    /// <param name="id">The container's name.</param>
    /// <param name="annotations">Its annotations.</param>
    /// <param name="command">What busybox is told.</param>
    public RuncContainer(string? root, string id, IReadOnlyDictionary<string, string>? annotations, params string[] command)
    {
        (Id, _root) = (id, root);
        foreach (var directory in new[] { "bin", "proc", "dev", "sys" }) Directory.CreateDirectory(Path.Combine(_bundle, "rootfs", directory));
        File.Copy("/usr/bin/busybox", Path.Combine(_bundle, "rootfs/bin/busybox"));
        Start("spec", "--bundle", _bundle);
        var file = Path.Combine(_bundle, "config.json");
        var specification = JsonNode.Parse(File.ReadAllText(file))!;
        var process = specification["process"]!.AsObject();
        process["terminal"] = false;
        process["args"] = new JsonArray([.. (command.Length > 0 ? command : ["sleep", "1000"]).Prepend("/bin/busybox").Select(a => JsonValue.Create(a))]);
        specification["annotations"] = new JsonObject((annotations ?? new Dictionary<string, string>()).Select(a => KeyValuePair.Create(a.Key, (JsonNode?)JsonValue.Create(a.Value))));
        // Raising limits needs a privilege that the host itself may lack.
        process.Remove("rlimits");
        File.WriteAllText(file, specification.ToJsonString());
        try
        {
            Start("run", "--detach", "--pid-file", Path.Combine(_bundle, "pid"), "--bundle", _bundle, id);
            Pid = uint.Parse(File.ReadAllText(Path.Combine(_bundle, "pid")), CultureInfo.InvariantCulture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Id { get; }

    public uint Pid { get; }

    /// <summary>Labels of a pod as Kubernetes' runtimes hand them to runc.</summary>
    public static Dictionary<string, string> Pod(string @namespace, string name, params (string Key, string Value)[] labels)
    {
        var pod = new Dictionary<string, string>
        {
            ["io.kubernetes.pod.namespace"] = @namespace,
            ["io.kubernetes.pod.name"] = name,
            ["io.kubernetes.container.name"] = "main",
        };
        foreach (var (key, value) in labels) pod.Add(key, value);
        return pod;
    }

    /// <summary>Runs one more command of busybox in the container; false when it fails.</summary>
    public bool Execute(params string[] command) => Run(["exec", Id, "/bin/busybox", .. command]);

    public void Dispose()
    {
        Run("delete", "--force", Id);
        Directory.Delete(_bundle, true);
    }

    void Start(params string[] arguments)
    {
        if (!Run(arguments)) throw new InvalidOperationException($"runc {string.Join(' ', arguments)}: {File.ReadAllText(Path.Combine(_bundle, "output"))}");
    }

    // The container's process inherits what is redirected: output goes to files, so that nobody waits for it to end.
    bool Run(params string[] arguments)
    {
        using var process = Process.Start("/bin/sh", ["-c", "exec \"$@\" </dev/null >\"$0\" 2>&1", Path.Combine(_bundle, "output"), Runc, .. (_root is null ? (string[])[] : ["--root", _root]), .. arguments]);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
