using System.CommandLine;
using System.Text;
using System.Text.Json;
using Skep.Bpf;
using Skep.Bpf.Instructions;
using Skep.Cli.Output;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;
using Skep.Engine.Runtime;
using Skep.Falco;

namespace Skep.Cli.Policies;

/// <summary><c>skep policy explain</c>: how each hook is attached and why, what runs in the kernel and what that costs, and what enforcement achieves.</summary>
static class ExplainCommand
{
    public static Command Create()
    {
        var files = PolicyCommand.Files();
        var format = CommonOptions.Format();
        var listing = new Option<bool>("--asm") { Description = "Print the generated instructions of each program." };
        var command = new Command("explain", "Compile policies for this kernel, let the verifier see them, and tell what came of it; nothing is attached.") { files, format, listing };
        command.SetAction(parsed =>
        {
            if (!PolicyCommand.TryLoad(parsed.GetValue(files)!, out var policies)) return SkepCommand.Failure;
            var explanation = PolicyExplanation.Create(policies.Policies);
            RuleShare[] shares = [.. policies.RulePlan?.Shares ?? []];
            if (parsed.GetValue(format) == OutputFormat.Json) PrintJson(explanation, shares);
            else Print(explanation, shares, parsed.GetValue(listing));
            return explanation.Failures.Any(f => !f.IsIgnored) ? SkepCommand.Failure : SkepCommand.Success;
        });
        return command;
    }

    static void Print(PolicyExplanation explanation, RuleShare[] shares, bool listing)
    {
        foreach (var failure in explanation.Failures) Console.Error.WriteLine($"policy '{failure.Policy.Name}': {failure.Reason}");
        foreach (var program in explanation.Programs)
        {
            var hook = program.Plan.Hook;
            Terminal.WriteLine($"{hook.Section}");
            Terminal.WriteLine($"  mechanism   {hook.Mechanism}: {hook.Reason}");
            foreach (var place in hook.Places?.Places ?? []) Terminal.WriteLine($"  place       {hook.Places!.Path}: {place.Describe()}");
            Terminal.WriteLine($"  enforcement {Describe(program)}");
            if (program.Plan.Functions.Count > 0) Terminal.WriteLine($"  functions   {string.Join(", ", program.Plan.Functions)}");
            foreach (var family in program.Plan.Families) Terminal.WriteLine($"  family      {family.Members.Count} policies that differ in one constant are one rule");
            foreach (var request in program.Plan.SingleRequests)
            {
                Terminal.WriteLine($"  policy      {request.Policy.Name}{(request.Request.Origin.Length > 0 ? $" ({request.Request.Origin})" : "")}");
                for (var i = 0; i < request.Request.Values.Count; i++) Terminal.WriteLine($"    value {i}   {Describe(hook.Target, request.Request.Values[i])}");
                for (var i = 0; i < request.RuleCount; i++) Print(i, request.RuleAt(i));
                if (request.NewContainers is { } text) Terminal.WriteLine($"    new containers: {text}");
            }
            Terminal.WriteLine($"  program     {program.Instructions} instructions with all functions, {program.Verified} processed by the verifier, {program.JitedBytes} bytes of machine code");
            if (listing) Terminal.WriteLine(program.Listing);
        }
        foreach (var share in shares) Print(share);
        foreach (var policy in explanation.Policies) Terminal.WriteLine($"policy {policy.Policy.Name,-21} {policy.Bytes,12:N0} bytes of programs and tables{(explanation.Policies.Count > 1 ? ", its share by rules" : "")}");
        foreach (var map in explanation.Maps) Terminal.WriteLine($"map {map.Name,-24} {map.Bytes,12:N0} bytes");
    }

    static void Print(RuleShare share)
    {
        Terminal.WriteLine($"rule {share.Rule.Name}");
        if (share.InUserSpace is not { } left)
        {
            Terminal.WriteLine("  in user space: it is about executions, which are all told");
            return;
        }
        Terminal.WriteLine($"  in the kernel: {share.Checks - left.Count} of {share.Checks} checks");
        foreach (var check in left) Terminal.WriteLine($"  in user space: {check}");
    }

    static void Print(int number, Rule rule)
    {
        var left = PolicyCheck.LeftToUserSpace(rule);
        var where = left.Count == 0 ? "in the kernel" : "in the kernel as far as it can";
        Terminal.WriteLine($"    rule {number}    {where}: {ConditionPrinter.Print(rule.When)}{Returned(rule)}");
        foreach (var (atom, reason) in left) Terminal.WriteLine($"              in user space: {ConditionPrinter.Print(atom)}, because of {reason}");
    }

    static string Returned(Rule rule) => rule.WhenReturned is { } returned ? $"; on return: {ConditionPrinter.Print(returned)}" : "";

    static string Describe(ExplainedProgram program)
    {
        var acts = program.Plan.Requests.Any(r => r.Request.Enforces || r.Acts && Enumerable.Range(0, r.RuleCount).Any(i => r.RuleAt(i).Actions.Any(a => a is SignalAction or OverrideAction or SetArgumentAction)));
        return !acts ? "none asked for" : program.Plan.Hook.Strength switch
        {
            Engine.Hooks.ActionStrength.Prevented => "prevented: what was about to happen does not",
            Engine.Hooks.ActionStrength.KilledAfterEffect => "killed after effect: the process dies, what it was about to do has happened",
            _ => "none possible here",
        };
    }

    static string Describe(HookTarget hook, ValueSpec value)
    {
        var from = value.Source switch
        {
            ValueSource.Argument when value.Kind == ValueKind.ProcessFlags => "the execution",
            ValueSource.Argument when hook is ExecutionHook => "the program",
            ValueSource.Argument when hook is ExitHook => "the exit",
            ValueSource.Argument => $"argument {value.Index}",
            ValueSource.Returned => "the result",
            ValueSource.CurrentTask => "the current task",
            ValueSource.Call => "which of them it is",
            _ => "register",
        };
        return $"{from}{(value.Path.Length > 0 ? $" → {value.Path}" : "")} as {value.Kind}{(value.Label.Length > 0 ? $" ({value.Label})" : "")}";
    }

    static void PrintJson(PolicyExplanation explanation, RuleShare[] shares)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json.Indented))
        {
            json.WriteStartObject();
            json.WriteStartArray("rules");
            foreach (var share in shares)
            {
                json.WriteStartObject();
                json.WriteString("rule", share.Rule.Name);
                json.WriteNumber("checks", share.Checks);
                json.WriteNumber("in_kernel", share.InUserSpace is { } left ? share.Checks - left.Count : 0);
                json.WriteStartArray("in_user_space");
                foreach (var check in share.InUserSpace ?? []) json.WriteStringValue(check);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("failures");
            foreach (var failure in explanation.Failures)
            {
                json.WriteStartObject();
                json.WriteString("policy", failure.Policy.Name);
                json.WriteString("reason", failure.Reason);
                json.WriteBoolean("ignored", failure.IsIgnored);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("programs");
            foreach (var program in explanation.Programs)
            {
                json.WriteStartObject();
                json.WriteString("hook", program.Plan.Hook.Section);
                json.WriteString("mechanism", program.Plan.Hook.Mechanism.ToString());
                json.WriteString("reason", program.Plan.Hook.Reason);
                json.WriteString("strength", program.Plan.Hook.Strength.ToString());
                json.WriteStartArray("functions");
                foreach (var function in program.Plan.Functions) json.WriteStringValue(function);
                json.WriteEndArray();
                if (program.Plan.Hook.Places is { } places)
                {
                    json.WriteString("file", places.Path);
                    json.WriteStartArray("places");
                    foreach (var place in places.Places)
                    {
                        json.WriteStartObject();
                        json.WriteString("name", place.Name);
                        json.WriteNumber("offset", place.Offset);
                        if (place.Placement is { } placement)
                        {
                            json.WriteBoolean("emulated", placement.IsEmulated);
                            json.WriteString("reason", placement.Reason);
                        }
                        json.WriteEndObject();
                    }
                    json.WriteEndArray();
                }
                json.WriteStartArray("policies");
                foreach (var request in program.Plan.Requests) json.WriteStringValue(request.Policy.Name);
                json.WriteEndArray();
                json.WriteStartArray("user_space");
                foreach (var request in program.Plan.Requests)
                {
                    for (var i = 0; i < request.RuleCount; i++)
                    {
                        foreach (var (atom, reason) in PolicyCheck.LeftToUserSpace(request.RuleAt(i)))
                        {
                            json.WriteStartObject();
                            json.WriteString("policy", request.Policy.Name);
                            json.WriteNumber("rule", i);
                            json.WriteString("atom", ConditionPrinter.Print(atom));
                            json.WriteString("reason", reason);
                            json.WriteEndObject();
                        }
                    }
                }
                json.WriteEndArray();
                json.WriteStartArray("new_containers");
                foreach (var request in program.Plan.Requests.Where(r => r.NewContainers is not null))
                {
                    json.WriteStartObject();
                    json.WriteString("policy", request.Policy.Name);
                    json.WriteString("text", request.NewContainers);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteNumber("families", program.Plan.Families.Count);
                json.WriteNumber("rules", program.Plan.RuleCount);
                json.WriteNumber("instructions", program.Instructions);
                json.WriteNumber("verified_instructions", program.Verified);
                json.WriteNumber("jited_bytes", program.JitedBytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("policies");
            foreach (var policy in explanation.Policies)
            {
                json.WriteStartObject();
                json.WriteString("name", policy.Policy.Name);
                if (policy.Policy.Namespace.Length > 0) json.WriteString("namespace", policy.Policy.Namespace);
                json.WriteNumber("kernel_bytes", policy.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("maps");
            foreach (var map in explanation.Maps)
            {
                json.WriteStartObject();
                json.WriteString("name", map.Name);
                json.WriteNumber("bytes", map.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        Terminal.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
