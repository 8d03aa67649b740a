using System.Globalization;
using System.Text;
using Skep.Engine.Matching;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;

namespace Skep.Tetragon.Tests.Policies;

/// <summary>Rules in one form that tests can compare.</summary>
static class RuleText
{
    public static string Of(Condition condition) => condition switch
    {
        All { Parts.Count: 0 } => "true",
        Any { Parts.Count: 0 } => "false",
        All all => $"({string.Join(" and ", all.Parts.Select(Of))})",
        Any any => $"({string.Join(" or ", any.Parts.Select(Of))})",
        Not not => $"not {Of(not.Part)}",
        ValueCondition value => $"v{value.Value} {Of(value.Predicate)}",
        ExecutableCondition executable => $"{executable.Relation}.exe [{Patterns(executable.Patterns)}]",
        PidCondition pid => $"pid [{Join(pid.Pids)}]{(pid.InNamespace ? " inner" : "")}{(pid.WithDescendants ? " tree" : "")}",
        NamespaceCondition ns => $"{ns.Kind} [{Join(ns.Inodes)}]",
        CapabilityCondition capability => $"{capability.Set} has {capability.Mask:x}{(capability.InOtherUserNamespace ? " inner" : "")}",
        NamespaceChangeCondition change => $"changed [{Join(change.Kinds)}]",
        CapabilityChangeCondition change => $"{change.Set} changed {change.Mask:x}{(change.InOtherUserNamespace ? " inner" : "")}",
        WorkloadCondition workload => $"in {Of(workload.Workload)}",
        ComparisonCondition => ConditionPrinter.Print(condition),
        _ => condition.ToString(),
    };

    public static string Of(Predicate predicate) => predicate switch
    {
        TextPredicate text => $"text [{Patterns(text.Patterns)}]",
        NumberPredicate number => $"number [{Ranges(number.Ranges)}]",
        MaskPredicate mask => $"mask [{string.Join(", ", mask.Masks.Select(m => m.ToString("x", CultureInfo.InvariantCulture)))}]",
        FileTypePredicate type => $"mode [{string.Join(", ", type.Modes.Select(m => m.ToString("x", CultureInfo.InvariantCulture)))}]",
        AddressPredicate address => $"{address.Side} address [{Join(address.Networks)}]",
        PortPredicate port => $"{port.Side} port [{Ranges(port.Ranges)}]",
        SocketFieldPredicate field => $"{field.Field} [{Join(field.Values)}]",
        GainedCapabilitiesPredicate gained => $"gained {gained.Mask:x} over v{gained.Old}",
        _ => predicate.ToString(),
    };

    public static string Of(RuleAction action) => action switch
    {
        PostAction post => "post" + (post.RateLimit is { } limit ? $" every {limit.TotalSeconds}s per {post.Scope}" : "") + (post.KernelStack ? " kernel-stack" : "") + (post.UserStack ? " user-stack" : ""),
        NoPostAction => "no-post",
        SignalAction signal => $"signal {signal.Signal}",
        OverrideAction error => $"override {error.Error}",
        NotifyAction notify => $"notify {notify.Error} {notify.Signal}",
        ForgetNotificationAction => "forget",
        FetchUrlReaction fetch => $"fetch {fetch.Url}",
        LookUpNameReaction name => $"look up {name.Name}",
        TrackSocketAction track => $"{(track.Track ? "track" : "untrack")} v{track.Value}",
        _ => action.ToString(),
    };

    public static string Of(Workload? workload) => workload is null
        ? "everything"
        : $"{{{workload.Namespace}|pods {Of(workload.Pods)}|containers {Of(workload.Containers)}{(workload.IncludesHost ? "|host" : "")}}}";

    public static string Of(LabelSelector? selector) => selector is null ? "any"
        : ReferenceEquals(selector, LabelSelector.Nothing) ? "none"
        : selector.Terms.Count == 0 ? "all"
        : string.Join("&", selector.Terms.Select(t => $"{t.Key} {t.Operator} {string.Join(",", t.Values)}".TrimEnd()));

    public static string Of(ValueSpec value) => new StringBuilder()
        .Append(CultureInfo.InvariantCulture, $"{value.Source}[{value.Index}] {value.Kind}")
        .Append(value.Path.Length > 0 ? $" path {value.Path}" : "")
        .Append(value.StartType.Length > 0 ? $" from {value.StartType}" : "")
        .Append(value.Module.Length > 0 ? $" in {value.Module}" : "")
        .Append(value.SizeIndex >= 0 ? $" size {value.SizeIndex}" : "")
        .Append(value.MaxLength > 0 ? $" max {value.MaxLength}" : "")
        .Append(value.OnReturn ? " on-return" : "")
        .Append(value.Label.Length > 0 ? $" \"{value.Label}\"" : "")
        .ToString();

    public static string Of(Policy policy)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"policy {policy.Namespace}/{policy.Name} {policy.Mode} {Of(policy.Scope)}\n");
        foreach (var hook in policy.Hooks)
        {
            var tag = (HookTag)hook.Tag!;
            text.Append(CultureInfo.InvariantCulture, $"  {hook.Target}{(hook.WithReturn ? " with-return" : "")}{(hook.MayBeMissing ? " may-be-missing" : "")} at {hook.Origin}\n");
            text.Append(CultureInfo.InvariantCulture, $"    tag {tag.Section} {tag.Function}{(tag.Event.Length > 0 ? $"{tag.Subsystem}/{tag.Event}" : "")} {tag.ArgumentCount}+{tag.DataCount} return {tag.ReturnValue}");
            text.Append(CultureInfo.InvariantCulture, $"{(tag.Message.Length > 0 ? $" \"{tag.Message}\"" : "")}{(tag.Tags.Count > 0 ? $" [{Join(tag.Tags)}]" : "")}\n");
            foreach (var (value, type) in hook.Values.Zip(tag.Values)) text.Append(CultureInfo.InvariantCulture, $"    value {type.Type}: {Of(value)}\n");
            foreach (var rule in hook.Rules)
            {
                text.Append(CultureInfo.InvariantCulture, $"    rule{(rule.Label.Length > 0 ? $" {rule.Label}" : "")}: {Of(rule.When)}{(rule.WhenReturned is { } returned ? $" then {Of(returned)}" : "")}");
                text.Append(CultureInfo.InvariantCulture, $" => {(rule.Actions.Count == 0 ? "default" : Join(rule.Actions.Select(Of)))}{(rule.ReturnActions.Count > 0 ? $" / {Join(rule.ReturnActions.Select(Of))}" : "")}\n");
            }
        }
        return text.ToString();
    }

    static string Patterns(IReadOnlyList<TextPattern> patterns) => Join(patterns.Select(p => $"{p.Operator} {Encoding.UTF8.GetString(p.Text)}"));

    static string Ranges(IReadOnlyList<NumberRange> ranges) =>
        Join(ranges.Select(r => r.First == r.Last ? r.First.ToString(CultureInfo.InvariantCulture) : $"{r.First}..{r.Last}"));

    static string Join<T>(IEnumerable<T> items) => string.Join(", ", items);
}
