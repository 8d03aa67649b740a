using System.Diagnostics;
using System.Text.Json;
using Shouldly;

namespace Skep.Cli.KernelTests;

/// <summary>What the doctor finds, held against <c>bpftool feature probe</c>.</summary>
public class DoctorOracleTests
{
    // bpftool loads an fentry program for this type, so it calls the whole type missing where only trampolines are refused.
    static readonly string[] s_judgedByTrampoline = ["tracing"];

    [BpftoolFact]
    public void Doctor_finds_the_program_and_map_types_that_bpftool_finds()
    {
        var findings = JsonDocument.Parse(CliProcess.Run("doctor", "--all", "-o", "json").Output).RootElement.GetProperty("features").EnumerateArray()
            .ToLookup(f => f.GetProperty("name").GetString()!, f => f.GetProperty("status").GetString() == "present");
        var theirs = Bpftool("-j", "feature", "probe", "kernel");
        Differences(theirs.GetProperty("program_types"), "_prog_type", findings).Except(s_judgedByTrampoline).ShouldBeEmpty();
        Differences(theirs.GetProperty("map_types"), "_map_type", findings).ShouldBeEmpty();
    }

    static IEnumerable<string> Differences(JsonElement types, string suffix, ILookup<string, bool> findings) =>
        from type in types.EnumerateObject()
        let name = type.Name["have_".Length..^suffix.Length]
        where !findings[name].Contains(type.Value.GetBoolean())
        select name;

    static JsonElement Bpftool(params string[] arguments)
    {
        using var bpftool = Process.Start(new ProcessStartInfo("bpftool", arguments) { RedirectStandardOutput = true })!;
        return JsonDocument.Parse(bpftool.StandardOutput.ReadToEnd()).RootElement;
    }
}
