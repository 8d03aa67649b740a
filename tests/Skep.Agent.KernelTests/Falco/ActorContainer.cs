using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>A privileged container by runc whose first process makes system calls.</summary>
sealed class ActorContainer : IDisposable
{
    const string Runc = "/usr/sbin/runc";

    /// <summary>Capabilities that its processes have, by number.</summary>
    static readonly (string Name, int Number)[] s_capabilities =
    [
        ("CAP_CHOWN", 0), ("CAP_DAC_OVERRIDE", 1), ("CAP_FOWNER", 3), ("CAP_KILL", 5), ("CAP_SETGID", 6), ("CAP_SETUID", 7), ("CAP_SETPCAP", 8), ("CAP_NET_RAW", 13), ("CAP_SYS_PTRACE", 19),
        ("CAP_SYS_ADMIN", 21),
    ];

    static int s_number;

    readonly string _id = $"skep-actor-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}";
    readonly string _bundle = Directory.CreateTempSubdirectory("skep-bundle").FullName;

    public ActorContainer()
    {
        foreach (var directory in new[] { "bin", "proc", "dev", "sys", "tmp", "root", "etc" }) Directory.CreateDirectory(Path.Combine(Root, directory));
        Run("spec", "--bundle", _bundle);
        Program("eg_stage");
        var file = Path.Combine(_bundle, "config.json");
        var specification = JsonNode.Parse(File.ReadAllText(file))!;
        specification["root"]!["readonly"] = false;
        var process = specification["process"]!.AsObject();
        process["terminal"] = false;
        process["noNewPrivileges"] = false;
        process["args"] = new JsonArray("/bin/eg_stage");
        process["capabilities"] = new JsonObject(((string[])["bounding", "effective", "permitted", "inheritable"]).Select(set =>
            KeyValuePair.Create(set, (JsonNode?)new JsonArray([.. s_capabilities.Select(c => JsonValue.Create(c.Name))]))));
        // Raising limits needs a privilege that the host itself may lack.
        process.Remove("rlimits");
        File.WriteAllText(file, specification.ToJsonString());
        Stage = new ActorStage(new ProcessStartInfo(Runc, ["run", "--bundle", _bundle, _id]));
    }

    /// <summary>The bits of those capabilities.</summary>
    public static uint Capabilities => s_capabilities.Aggregate(0u, (bits, c) => bits | 1u << c.Number);

    public string Id => _id;

    public ActorStage Stage { get; }

    /// <summary>Its root directory, as the host names it.</summary>
    public string Root => Path.Combine(_bundle, "rootfs");

    /// <summary>Puts the actor there under a name, and tells its path in the container.</summary>
    public string Program(string name)
    {
        var path = Path.Combine(Root, "bin", name);
        if (!File.Exists(path)) File.Copy(ActorStage.Program, path);
        return $"/bin/{name}";
    }

    public void Dispose()
    {
        Stage.Dispose();
        using var delete = Process.Start(Runc, ["delete", "--force", _id]);
        delete.WaitForExit();
        Directory.Delete(_bundle, true);
    }

    static void Run(params string[] arguments)
    {
        using var process = Process.Start(Runc, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"runc {string.Join(' ', arguments)}: {process.ExitCode}");
    }
}
