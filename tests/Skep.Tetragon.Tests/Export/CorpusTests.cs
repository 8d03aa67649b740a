using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Tetragon.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Export;

/// <summary>Lines that Tetragon exported: each process is rebuilt from what is printed of it, printed by us and compared.</summary>
public class CorpusTests
{
    static readonly string? s_file = Environment.GetEnvironmentVariable("SKEP_CORPUS") is { Length: > 0 } corpus ? Path.Combine(corpus, "tetragon/events.json") : null;

    [Fact]
    public void Lines_of_Tetragon_print_the_same()
    {
        if (s_file is null) return;
        var compared = 0;
        foreach (var line in File.ReadLines(s_file))
        {
            if (line.Length == 0) continue;
            var expected = JsonNode.Parse(line)!;
            ExportFixture.ShouldBeOfTheApi(Encoding.UTF8.GetBytes(line));
            if ((expected["process_exec"] ?? expected["process_exit"]) is not { } content) continue;
            var (exec, process) = (content["process"]!, Identify(content["process"]!));
            var boot = Nanoseconds(exec["start_time"]!) - (long)process.Start;
            var pods = new Dictionary<string, PodInfo>();
            var writer = new ExportWriter(new ExportOptions
            {
                NodeName = Node(exec),
                Clock = new BootClock(() => boot),
                PodOf = container => pods.GetValueOrDefault(container.Id),
            });
            var time = expected["time"] is { } printed ? (ulong)(Nanoseconds(printed) - boot) : process.Start;
            var parent = content["parent"] is { } parentNode ? Rebuild(parentNode, null, pods) : null;
            var rebuilt = Rebuild(exec, parent, pods);
            if (expected["process_exit"] is null) writer.WriteExec(rebuilt, time);
            else writer.WriteExit(rebuilt, rebuilt.Id.Pid, time, (content["status"]?.GetValue<uint>() ?? 0) << 8);
            var actual = JsonNode.Parse(writer.Written)!;
            Prepare(actual, expected);
            JsonNode.DeepEquals(actual, expected).ShouldBeTrue($"expected\n{expected}\nbut was\n{actual}");
            compared++;
        }
        compared.ShouldBeGreaterThan(0);
    }

    /// <summary>The lines are of a Tetragon that did not print threads yet, and of a test that named the node freely.</summary>
    static void Prepare(JsonNode actual, JsonNode expected)
    {
        foreach (var content in actual.AsObject().Select(pair => pair.Value).OfType<JsonObject>())
        {
            foreach (var process in content.Select(pair => pair.Value).OfType<JsonObject>())
            {
                process.Remove("tid");
                process.Remove("in_init_tree");
            }
        }
        // Tetragon reads the clocks anew for each time that it prints: times of processes are some hundred nanoseconds apart.
        foreach (var (kind, content) in actual.AsObject())
        {
            if (content is not JsonObject || kind == "node_labels") continue;
            if (content["parent"]?["start_time"] is not { } time) continue;
            var expectedTime = expected[kind]!["parent"]!["start_time"]!;
            Math.Abs(Nanoseconds(time) - Nanoseconds(expectedTime)).ShouldBeLessThan(100_000);
            content["parent"]!["start_time"] = expectedTime.DeepClone();
        }
        actual["node_name"] = expected["node_name"]?.DeepClone();
        if (expected["time"] is null) actual.AsObject().Remove("time");
    }

    static ProcessInfo Rebuild(JsonNode json, ProcessInfo? parent, Dictionary<string, PodInfo> pods)
    {
        var words = json["flags"]!.GetValue<string>().Split(' ');
        words.ShouldBeSubsetOf(["execve", "clone", "rootcwd"]);
        var container = json["pod"] is { } pod ? ContainerOf(pod, pods) : null;
        var id = Identify(json);
        return new ProcessInfo
        {
            Id = id,
            Parent = parent,
            ParentId = Identify(json, "parent_exec_id"),
            Executable = Bytes(json["binary"]),
            Arguments = Bytes("x\0" + (json["arguments"]?.GetValue<string>() ?? "").Replace(' ', '\0') + "\0"),
            WorkingDirectory = Bytes(json["cwd"]),
            Flags = words.Contains("rootcwd") ? ProcessFlags.RootWorkingDirectory : ProcessFlags.None,
            Credentials = new Credentials(0, 0, json["uid"]!.GetValue<uint>(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            AuditUid = json["auid"]!.GetValue<uint>(),
            Container = container,
            PidInNamespace = json["pod"]?["container"]?["pid"]?.GetValue<uint>() ?? 0,
            References = json["refcnt"]?.GetValue<int>() ?? 0,
        };
    }

    static ContainerInfo ContainerOf(JsonNode pod, Dictionary<string, PodInfo> pods)
    {
        var container = pod["container"]!;
        var id = container["id"]!.GetValue<string>().Split("://");
        pods[id[1]] = new PodInfo
        {
            Namespace = pod["namespace"]!.GetValue<string>(),
            Name = pod["name"]!.GetValue<string>(),
            Labels = pod["pod_labels"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>()),
        };
        return new ContainerInfo
        {
            Id = id[1],
            Runtime = id[0],
            Name = container["name"]!.GetValue<string>(),
            Image = container["image"]!["name"]!.GetValue<string>(),
            ImageId = container["image"]!["id"]!.GetValue<string>(),
            StartTime = DateTime.UnixEpoch.AddTicks(Nanoseconds(container["start_time"]!) / 100),
        };
    }

    static ReadOnlyMemory<byte> Bytes(JsonNode? text) => Bytes(text?.GetValue<string>() ?? "");

    static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    static string[] Parts(JsonNode process, string name) => Encoding.UTF8.GetString(Convert.FromBase64String(process[name]!.GetValue<string>())).Split(':');

    static string Node(JsonNode process) => Parts(process, "exec_id")[0];

    static ProcessId Identify(JsonNode process, string name = "exec_id")
    {
        var parts = Parts(process, name);
        return new ProcessId(uint.Parse(parts[2], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    static long Nanoseconds(JsonNode time)
    {
        var text = time.GetValue<string>().TrimEnd('Z').Split('.');
        var seconds = DateTime.Parse(text[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) - DateTime.UnixEpoch;
        return (long)seconds.TotalSeconds * 1_000_000_000 + (text.Length > 1 ? long.Parse(text[1].PadRight(9, '0'), CultureInfo.InvariantCulture) : 0);
    }
}
