using System.CommandLine;
using System.Text;
using System.Text.Json;
using Skep.Agent.Policies;
using Skep.Cli.Output;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;
using Skep.Falco;
using Skep.Falco.Loading;

namespace Skep.Cli.Policies;

/// <summary><c>skep policy check</c>: what is wrong with policies and rules, whatever their dialect.</summary>
static class CheckCommand
{
    public static Command Create()
    {
        var files = PolicyCommand.Files();
        var format = CommonOptions.Format();
        var command = new Command("check", "Read policies and Falco's rules and print every error in them, with file, line and column; nothing is loaded.") { files, format };
        command.SetAction(parsed =>
        {
            var set = PolicySet.Load(parsed.GetValue(files)!);
            var rules = set.Rules ?? FalcoRules.Load([]);
            var errors = set.Policies.Where(p => p != set.RulePlan?.Policy).ToDictionary(p => p, PolicyCheck.Check);
            Diagnostic[] diagnostics = [.. set.Diagnostics, .. errors.Values.SelectMany(e => e)];
            Policy[] good = [.. errors.Where(e => e.Value.Count == 0).Select(e => e.Key)];
            if (parsed.GetValue(format) == OutputFormat.Json) PrintJson(diagnostics, good, rules);
            else Print(diagnostics, good, rules);
            return diagnostics.Any(d => d.Severity == Severity.Error) || errors.Values.Any(e => e.Count > 0) ? SkepCommand.Failure : SkepCommand.Success;
        });
        return command;
    }

    static void Print(IEnumerable<Diagnostic> diagnostics, IEnumerable<Policy> policies, FalcoRules rules)
    {
        foreach (var diagnostic in diagnostics) Console.Error.WriteLine(diagnostic);
        foreach (var policy in policies) Terminal.WriteLine($"{NameOf(policy)}: {Count(policy.Hooks.Count, "hook")}");
        foreach (var result in rules.Results.Where(r => r.Successful))
            Terminal.WriteLine(rules.HasErrors ? $"{result.Name}: good" : $"{result.Name}: {Count(rules.Rules.Count(r => r.File == result.Name), "rule")}");
    }

    static string NameOf(Policy policy) => policy.Namespace.Length > 0 ? $"{policy.Namespace}/{policy.Name}" : policy.Name;

    static string Count(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    static void PrintJson(IEnumerable<Diagnostic> diagnostics, IEnumerable<Policy> policies, FalcoRules rules)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Json.Indented))
        {
            json.WriteStartObject();
            json.WriteStartArray("diagnostics");
            foreach (var diagnostic in diagnostics)
            {
                json.WriteStartObject();
                json.WriteString("file", diagnostic.File);
                json.WriteNumber("line", diagnostic.Line);
                json.WriteNumber("column", diagnostic.Column);
                json.WriteString("severity", diagnostic.Severity switch { Severity.Error => "error", Severity.Unsupported => "unsupported", _ => "warning" });
                json.WriteString("message", diagnostic.Message);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("policies");
            foreach (var policy in policies)
            {
                json.WriteStartObject();
                json.WriteString("name", NameOf(policy));
                json.WriteNumber("hooks", policy.Hooks.Count);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("rules");
            foreach (var rule in rules.Rules) Write(json, rule);
            json.WriteEndArray();
            // As falco -V has it.
            if (rules.Results.Count > 0) LoadResultJson.Write(json, rules.Results);
            json.WriteEndObject();
        }
        Terminal.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    static void Write(Utf8JsonWriter json, FalcoRule rule)
    {
        json.WriteStartObject();
        json.WriteString("name", rule.Name);
        json.WriteString("file", rule.File);
        json.WriteNumber("line", rule.Line);
        json.WriteString("priority", rule.Priority.ToString());
        json.WriteString("source", rule.Source);
        json.WriteBoolean("enabled", rule.Enabled);
        json.WriteStartArray("tags");
        foreach (var tag in rule.Tags) json.WriteStringValue(tag);
        json.WriteEndArray();
        json.WriteString("condition", rule.Condition.ToString());
        json.WriteString("output", rule.Output.Text);
        json.WriteStartArray("events");
        foreach (var item in rule.EventTypes) json.WriteStringValue(item.Name);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
