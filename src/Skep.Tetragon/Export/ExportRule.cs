using Skep.Engine.Rules;

namespace Skep.Tetragon.Export;

/// <summary>What an event says was done when a rule matched.</summary>
/// <param name="Action">At the hook: <c>KPROBE_ACTION_SIGKILL</c>.</param>
/// <param name="ReturnAction">When the function returned.</param>
public sealed record ExportRule(string Action = ExportRule.Post, string ReturnAction = ExportRule.Post)
{
    /// <summary>An event, nothing else.</summary>
    public const string Post = "KPROBE_ACTION_POST";

    const int SIGKILL = 9;

    internal static byte[] PostName { get; } = "KPROBE_ACTION_POST"u8.ToArray();

    internal byte[] ActionName { get; } = System.Text.Encoding.UTF8.GetBytes(Action);

    internal byte[] ReturnActionName { get; } = System.Text.Encoding.UTF8.GetBytes(ReturnAction);

    /// <summary>An event names the last of a rule's actions, as Tetragon's do.</summary>
    public static ExportRule From(Rule rule) => new(NameOf(rule.Actions), NameOf(rule.ReturnActions));

    static string NameOf(IReadOnlyList<RuleAction> actions) => (actions.Count == 0 ? null : actions[^1]) switch
    {
        SignalAction { Signal: SIGKILL } => "KPROBE_ACTION_SIGKILL",
        SignalAction => "KPROBE_ACTION_SIGNAL",
        SetArgumentAction => "KPROBE_ACTION_SET",
        OverrideAction => "KPROBE_ACTION_OVERRIDE",
        TrackSocketAction { Track: true } => "KPROBE_ACTION_TRACKSOCK",
        TrackSocketAction => "KPROBE_ACTION_UNTRACKSOCK",
        NotifyAction => "KPROBE_ACTION_NOTIFYENFORCER",
        ForgetNotificationAction => "KPROBE_ACTION_CLEANUPENFORCERNOTIFICATION",
        FetchUrlReaction => "KPROBE_ACTION_GETURL",
        LookUpNameReaction => "KPROBE_ACTION_DNSLOOKUP",
        NoPostAction => "KPROBE_ACTION_NOPOST",
        _ => Post,
    };
}
