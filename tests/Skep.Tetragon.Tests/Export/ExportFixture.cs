using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Skep.Engine.Containers;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;

namespace Skep.Tetragon.Tests.Export;

/// <summary>A shell and the curl that it started, and what is printed of them.</summary>
static class ExportFixture
{
    public static BootClock Clock => new(new DateTime(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc));

    public static ExportOptions Options { get; } = new() { NodeName = "n", Clock = Clock };

    public static ProcessInfo Shell(ProcessInfo? parent = null) => new()
    {
        Id = new ProcessId(100, 500_000_000),
        Executable = "/bin/sh"u8.ToArray(),
        Arguments = "sh\0-c\0curl example.org\0"u8.ToArray(),
        Parent = parent,
        Flags = ProcessFlags.Seeded | ProcessFlags.RootWorkingDirectory,
    };

    public static ProcessInfo Curl(ProcessInfo? parent, ContainerInfo? container = null, ProcessFlags flags = ProcessFlags.None) => new()
    {
        Id = new ProcessId(4242, 1_000_000_000),
        Parent = parent,
        ParentId = new ProcessId(100, 500_000_000),
        Executable = "/usr/bin/curl"u8.ToArray(),
        Arguments = "curl\0https://example.org\0"u8.ToArray(),
        WorkingDirectory = "/home/u"u8.ToArray(),
        Credentials = new Credentials(1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        AuditUid = 1000,
        Container = container,
        Flags = flags,
    };

    public static string ExecId(uint pid, ulong start) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"n:{start}:{pid}"));

    public static JsonNode Event(ExportWriter writer)
    {
        writer.Written[^1].ShouldBe((byte)'\n');
        var line = JsonNode.Parse(writer.Written);
        ShouldBeOfTheApi(writer.Written);
        Encoding.UTF8.GetString(new EventDecoder().Decode(new EventTranscoder().Encode(writer.Written))).ShouldBe(Encoding.UTF8.GetString(writer.Written));
        writer.Reset();
        return line!;
    }

    /// <summary>Whatever is printed is a message of the API, and the same one on the wire.</summary>
    public static void ShouldBeOfTheApi(ReadOnlySpan<byte> line)
    {
        var message = GetEventsResponse.Parser.ParseJson(Encoding.UTF8.GetString(line));
        GetEventsResponse.Parser.ParseFrom(new EventTranscoder().Encode(line)).ShouldBe(message);
    }

    public static JsonNode Hook(ExportHook hook, byte[] record, ExportOptions? options = null, ProcessInfo? process = null, int rule = -1, MatchActions actions = MatchActions.Post)
    {
        var writer = new ExportWriter(options ?? Options);
        HookRecord.TryRead(record, out var parsed).ShouldBeTrue();
        writer.WriteHook(new HookEvent { Record = parsed, Request = Request, PolicyName = "p", Process = process, Rule = rule, Actions = actions }, hook);
        return Event(writer);
    }

    /// <summary>The only argument of an event with one value.</summary>
    public static JsonNode Argument(ValueKind kind, byte[] record, ExportSection section = ExportSection.Kprobe)
    {
        var line = Hook(new ExportHook(section, section == ExportSection.Tracepoint ? "a/b" : "f", "p", [new ExportValue(kind)]), record);
        return line[section == ExportSection.Tracepoint ? "process_tracepoint" : "process_kprobe"]!["args"]!.AsArray().Single()!;
    }

    public static HookRequest Request { get; } = new() { Target = new FunctionHook("f") };

    public static void ShouldBe(JsonNode? actual, string expected) =>
        JsonNode.DeepEquals(actual, JsonNode.Parse(expected)).ShouldBeTrue($"expected\n{JsonNode.Parse(expected)!.ToJsonString()}\nbut was\n{actual?.ToJsonString()}");
}
