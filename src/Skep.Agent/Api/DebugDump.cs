using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Skep.Engine.Processes;
using Skep.Engine.Runtime;
using Skep.Tetragon.Api;

namespace Skep.Agent.Api;

/// <summary>What a bug report needs to know of the agent: a file each. Secrets are not in it: of keys only the place is named.</summary>
static class DebugDump
{
    static readonly JsonFormatter s_json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithIndentation());

    public static async Task<IReadOnlyList<DumpFile>> Collect(AgentControl control, MessageLog messages)
    {
        var (policies, engine) = await control.Account();
        var inForce = await control.Ask(Describe);
        var files = new List<DumpFile>
        {
            new() { Name = "version.txt", Content = ByteString.CopyFromUtf8($"skep {SensorsService.Version}\n{Environment.OSVersion.VersionString}\n{System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}\n") },
            new() { Name = "messages.txt", Content = ByteString.CopyFromUtf8(string.Concat(messages.Last.Select(line => line + "\n"))) },
            new() { Name = "options.json", Content = Write(json => Options(json, control.Options)) },
            new() { Name = "status.json", Content = Write(json => Status(json, control, engine)) },
            new() { Name = "engine.json", Content = inForce },
        };
        foreach (var policy in policies.Where(p => p.Stored.Text is not null))
        {
            files.Add(new DumpFile { Name = $"policies/{policy.Stored.Id}-{Plain(policy.Stored.Policy.Name)}.yaml", Content = ByteString.CopyFromUtf8(policy.Stored.Text!) });
        }
        return files;
    }

    public static ByteString Json(IMessage message) => ByteString.CopyFromUtf8(s_json.Format(message) + "\n");

    static void Options(Utf8JsonWriter json, AgentOptions options)
    {
        json.WriteStartArray("policies");
        foreach (var path in options.Policies) json.WriteStringValue(path);
        json.WriteEndArray();
        json.WriteStartArray("optional_policies");
        foreach (var path in options.OptionalPolicies) json.WriteStringValue(path);
        json.WriteEndArray();
        json.WriteBoolean("watches_policies", options.WatchesPolicies);
        json.WriteString("state_directory", options.StateDirectory);
        json.WriteString("format", options.Format.ToString());
        json.WriteBoolean("privileges", options.WithPrivileges);
        json.WriteStartObject("engine");
        json.WriteBoolean("best_effort", options.Engine.BestEffort);
        json.WriteNumber("ring_bytes", options.Engine.RingSize);
        json.WriteNumber("argument_limit", options.Engine.ArgumentLimit);
        json.WriteNumber("environment_limit", options.Engine.EnvironmentLimit);
        json.WriteNumber("process_memory_bytes", options.Engine.Processes.MemoryCap);
        json.WriteString("pin_directory", options.Engine.PinDirectory);
        json.WriteBoolean("keep", options.Engine.KeepsInForce);
        json.WriteEndObject();
        json.WriteStartObject("api");
        json.WriteString("socket", options.Api.Socket);
        json.WriteString("address", options.Api.Address?.ToString());
        json.WriteString("certificate_file", options.Api.CertificateFile);
        json.WriteString("key_file", options.Api.KeyFile);
        json.WriteString("client_authority_file", options.Api.ClientAuthorityFile);
        json.WriteNumber("client_buffer_bytes", options.Api.ClientBuffer);
        json.WriteNumber("max_streams", options.Api.MaxStreams);
        json.WriteNumber("max_connections", options.Api.MaxConnections);
        json.WriteEndObject();
    }

    static void Status(Utf8JsonWriter json, AgentControl control, EngineStatistics engine)
    {
        json.WriteString("time", DateTimeOffset.UtcNow);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("resident_bytes", Environment.WorkingSet);
        json.WriteNumber("managed_bytes", GC.GetTotalMemory(forceFullCollection: false));
        json.WriteNumber("events", control.Events);
        json.WriteNumber("received", engine.Received);
        json.WriteNumber("malformed", engine.Malformed);
        json.WriteNumber("orphaned", engine.Orphaned);
        json.WriteNumber("undecided", engine.Undecided);
        json.WriteNumber("unclaimed", engine.Unclaimed);
        json.WriteNumber("lost", engine.Hooks.Sum(h => h.Lost));
        json.WriteNumber("malformed_container_states", engine.MalformedContainerStates);
        json.WriteStartObject("api");
        json.WriteNumber("streams", control.Streams);
        json.WriteNumber("connections", control.Api.Connections);
        json.WriteNumber("accepted", control.Api.Accepted);
        json.WriteNumber("calls", control.Api.Calls);
        json.WriteNumber("failed", control.Api.Failed);
        json.WriteNumber("faults", control.Api.Faults);
        json.WriteStartObject("refused");
        foreach (var reason in Enum.GetValues<ApiRefusal>()) json.WriteNumber(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()), control.Api.Refused(reason));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>What is in force, and how full the tree of processes is; on the engine's thread. Programs and maps the kernel tells the client itself.</summary>
    static ByteString Describe(SkepEngine engine) => Write(json =>
    {
        json.WriteNumber("generation", engine.GenerationInForce);
        json.WriteBoolean("taken_over", engine.HasTakenOver);
        Tree(json, engine.Processes);
    });

    static void Tree(Utf8JsonWriter json, ProcessTree tree)
    {
        var counters = tree.Counters;
        json.WriteStartObject("process_table");
        json.WriteNumber("processes", tree.Count);
        json.WriteNumber("running", tree.RunningCount);
        json.WriteNumber("retained_bytes", tree.RetainedBytes);
        json.WriteNumber("expired", counters.Expired);
        json.WriteNumber("evicted_ended", counters.EvictedEnded);
        json.WriteNumber("evicted_ancestors", counters.EvictedAncestors);
        json.WriteNumber("evicted_running", counters.EvictedRunning);
        json.WriteNumber("texts_dropped_of_ended", counters.TextsDroppedOfEnded);
        json.WriteNumber("texts_dropped_of_running", counters.TextsDroppedOfRunning);
        json.WriteNumber("lost_starts", counters.LostStarts);
        json.WriteNumber("untold", counters.Untold);
        json.WriteNumber("lost_ends", counters.LostEnds);
        json.WriteNumber("late_starts", counters.LateStarts);
        json.WriteNumber("repeated", counters.Repeated);
        json.WriteNumber("texts_cut", counters.TextsCut);
        json.WriteNumber("malformed", counters.Malformed);
        json.WriteEndObject();
    }

    static ByteString Write(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        bytes.WriteByte((byte)'\n');
        return ByteString.CopyFrom(bytes.ToArray());
    }

    /// <summary>A policy's name as the name of a file.</summary>
    static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_').Take(64));
}
