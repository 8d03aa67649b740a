using System.Text;
using System.Text.Json;
using Skep.Cli.Output;
using Skep.Engine.Recording;
using Skep.Engine.Trials;

namespace Skep.Cli.Policies;

/// <summary>A trial for programs.</summary>
static class TrialJson
{
    const int TopNames = 100;

    public static void Print(PolicyTrial trial, RecordingRange range)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json.Indented))
        {
            var (from, until) = TryCommand.TimesOf(trial, range);
            json.WriteStartObject();
            json.WriteString("from", RecordingRange.TimeOf(from));
            json.WriteString("until", RecordingRange.TimeOf(until));
            if (trial.Times is { } times)
            {
                json.WriteString("first_recorded", RecordingRange.TimeOf(times.First));
                json.WriteString("last_recorded", RecordingRange.TimeOf(times.Last));
            }
            json.WriteNumber("events", trial.Events);
            json.WriteNumber("executions", trial.Executions);
            json.WriteNumber("lost_before_recording", trial.Lost.Kernel);
            json.WriteNumber("not_recorded", trial.Lost.Recorder);
            json.WriteNumber("malformed", trial.Malformed);
            json.WriteStartArray("hooks");
            foreach (var hook in trial.Hooks) Write(json, hook);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        Terminal.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    static void Write(Utf8JsonWriter json, TrialHook hook)
    {
        json.WriteStartObject();
        json.WriteString("policy", hook.Policy.Name);
        if (hook.Policy.Namespace.Length > 0) json.WriteString("namespace", hook.Policy.Namespace);
        json.WriteString("hook", hook.Hook);
        if (hook.Request.Origin.Length > 0) json.WriteString("origin", hook.Request.Origin);
        json.WriteNumber("observed_seconds", hook.Complete.TotalSeconds);
        json.WriteNumber("partly_observed_seconds", hook.Partial.TotalSeconds);
        Write(json, "observed_by", hook.ObservedBy);
        json.WriteNumber("events", hook.Events);
        json.WriteNumber("judged", hook.Events - hook.Undecided);
        json.WriteNumber("undecided", hook.Undecided);
        json.WriteNumber("matched", hook.Matched);
        json.WriteNumber("posted", hook.Posted);
        json.WriteNumber("killed", hook.Killed);
        json.WriteNumber("signalled", hook.Signalled);
        json.WriteNumber("denied", hook.Denied);
        Write(json, "reasons", hook.Reasons);
        Write(json, "binaries", hook.Executables.Top(TopNames));
        Write(json, "containers", hook.Containers.Top(TopNames));
        Write(json, "users", hook.Users.Top(TopNames));
        Write(json, "notes", hook.Notes);
        json.WriteStartArray("examples");
        foreach (var example in hook.Examples)
        {
            json.WriteStartObject();
            json.WriteString("time", RecordingRange.TimeOf(example.Time));
            json.WriteString("exec_id", TrialText.IdOf(example));
            json.WriteNumber("pid", example.Process.Pid);
            json.WriteString("binary", example.Executable);
            if (example.Arguments.Length > 0) json.WriteString("arguments", example.Arguments);
            json.WriteNumber("rule", example.Rule);
            Write(json, "would", Enum.GetValues<TrialVerdict>().Where(v => v is not (TrialVerdict.None or TrialVerdict.Matched) && example.Verdict.HasFlag(v)).Select(NameOf));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static string NameOf(TrialVerdict verdict) => verdict switch
    {
        TrialVerdict.Posted => "post",
        TrialVerdict.Killed => "kill",
        TrialVerdict.Signalled => "signal",
        TrialVerdict.Denied => "deny",
        _ => "other",
    };

    static void Write(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, long>> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, count) in counts) json.WriteNumber(key, count);
        json.WriteEndObject();
    }
}
