using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Skep.Testing;
using Xunit;

namespace Skep.Cli.Tests.Policies;

public sealed class CheckCommandTests : IDisposable
{
    const string Rules = """
        # Rules of ours.
        ---
        - macro: opened
          condition: evt.type=open
        - rule: Reads
          desc: d
          output: read %fd.name
          priority: NOTICE
          condition: opened and proc.name=cat
        """;

    const string Policy = """
        apiVersion: cilium.io/v1alpha1
        kind: TracingPolicy
        metadata:
          name: opens
        spec:
          tracepoints:
            - subsystem: syscalls
              event: sys_enter_openat
        """;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skep-check-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Rules_and_policies_are_told_apart_by_what_they_hold()
    {
        Write("a-rules.yaml", Rules);
        Write("b-policy.yaml", Policy);

        var (code, output, errors) = Check(_folder.FullName);

        errors.ShouldBeEmpty();
        code.ShouldBe(0);
        output.ShouldContain("opens: 1 hook\n");
        output.ShouldContain("a-rules.yaml: 1 rule\n");
    }

    [Fact]
    public void Mistakes_in_rules_have_file_line_and_column()
    {
        var path = Write("rules.yaml", Rules.Replace("proc.name", "proc.nam", StringComparison.Ordinal));

        var (code, _, errors) = Check(path);

        code.ShouldBe(1);
        errors.ShouldBe($"{path}:9:25: error: rule 'Reads': filter_check called with nonexistent field proc.nam [LOAD_ERR_COMPILE_CONDITION]\n");
    }

    [Fact]
    public void Json_has_the_rules_and_what_Falco_would_print()
    {
        var (code, output, _) = Check(Write("rules.yaml", Rules), "-o", "json");

        code.ShouldBe(0);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        root.GetProperty("diagnostics").GetArrayLength().ShouldBe(0);
        root.GetProperty("rules")[0].GetProperty("condition").GetString().ShouldBe("(evt.type = open and proc.name = cat)");
        root.GetProperty("falco_load_results")[0].GetProperty("successful").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public void Json_has_mistakes_in_policies()
    {
        var (code, output, _) = Check(Write("policy.yaml", Policy.Replace("event:", "evnt:", StringComparison.Ordinal)), "-o", "json");

        code.ShouldBe(1);
        using var document = JsonDocument.Parse(output);
        document.RootElement.GetProperty("diagnostics")[0].GetProperty("severity").GetString().ShouldBe("error");
        document.RootElement.TryGetProperty("falco_load_results", out _).ShouldBeFalse();
    }

    string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    static (int Code, string Output, string Errors) Check(params string[] arguments)
    {
        using var process = Process.Start(SkepProgram.With(["policy", "check", .. arguments]))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
