using Skep.Engine.Rules;
using Skep.Tetragon.Policies.Model;
using Skep.Tetragon.Policies.Translation;
using Skep.Yaml;

namespace Skep.Tetragon.Policies;

/// <summary>Translates a document into the engine's rules.</summary>
sealed class PolicyTranslator(TranslationOptions options, DiagnosticBag bag)
{
    const string DefaultNamespace = "default";

    /// <summary>The option that has every function of a program attached by itself.</summary>
    public const string UprobeSwitch = "disable-uprobe-multi";

    const string KprobeSwitch = "disable-kprobe-multi";

    static readonly string[] _true = ["1", "t", "T", "true", "True", "TRUE"];
    static readonly string[] _false = ["0", "f", "F", "false", "False", "FALSE"];
    static readonly string[] _switches = [KprobeSwitch, UprobeSwitch];
    static readonly string[] _options = [.. _switches, "policy-mode", "override-method", "sleepable-preload-size"];

    /// <summary>Whether a switch is on.</summary>
    public static bool IsTrue(Located<string>? value) => value is { } given && _true.Contains(given.Value);

    /// <summary>Null when something in the document is wrong. Hooks that are not supported are left out, after a diagnostic each.</summary>
    public Policy? Translate(PolicyDocument document)
    {
        var errors = bag.Errors;
        var ns = document.Namespaced ? document.Namespace?.Value ?? DefaultNamespace : "";
        CheckDocument(document);
        var mode = Mode(document);
        var translator = new HookTranslator(document, options, bag) { Namespace = ns };
        var hooks = new List<HookRequest>();
        foreach (var hook in document.Hooks)
        {
            var unsupported = bag.Unsupported;
            var requests = translator.Translate(hook);
            if (bag.Unsupported == unsupported) hooks.AddRange(requests);
        }
        hooks.AddRange(new EnforcerTranslator(document, options, bag).Translate(hooks));
        if (bag.Errors != errors) return null;
        return new()
        {
            Name = document.Name.Value,
            Namespace = ns,
            Hooks = hooks,
            Mode = mode,
            ReportsMappings = document.Loader is { Value: true },
            AttachesSingly = document.Options.Any(o => o.Name.Value == KprobeSwitch && o.Value is { } value && _true.Contains(value.Value)),
            Scope = WorkloadScope.Of(document.Scope, ns, document.Namespaced),
        };
    }

    void CheckDocument(PolicyDocument document)
    {
        if (!document.Namespaced && document.Namespace is { } space) bag.Warning(space.At, "namespace: has no effect on a TracingPolicy, only on a TracingPolicyNamespaced");
        if (document.Namespaced && document.Scope.Host is { } host) bag.Error(host.At, "hostSelector: a TracingPolicyNamespaced is about pods only");
        if (document.NodeSelector is { } node) bag.Warning(node.At, "nodeSelector: only policies from Kubernetes are chosen by node, this one applies here");
        if (bag.Errors == 0 && document.Hooks.Count == 0 && document.Enforcers.Count == 0 && document.Loader is not { Value: true }) bag.Warning(document.At, "the policy has no hooks");
    }

    PolicyMode Mode(PolicyDocument document)
    {
        var mode = PolicyMode.Enforce;
        foreach (var option in document.Options)
        {
            var value = option.Value ?? new("", option.Name.At);
            switch (option.Name.Value)
            {
                case "policy-mode" when value.Value is "enforce" or "monitor":
                    mode = value.Value == "monitor" ? PolicyMode.Monitor : PolicyMode.Enforce;
                    break;
                case "policy-mode":
                    bag.Error(value.At, $"value: policy-mode is enforce or monitor, not {Spelling.Quote(value.Value)}");
                    break;
                case var name when _switches.Contains(name):
                    if (!_true.Contains(value.Value) && !_false.Contains(value.Value)) bag.Error(value.At, $"value: {name} is true or false, not {Spelling.Quote(value.Value)}");
                    break;
                case "override-method" when value.Value is not ("fmod-ret" or "override-return"):
                    bag.Error(value.At, $"value: override-method is fmod-ret or override-return, not {Spelling.Quote(value.Value)}");
                    break;
                case "sleepable-preload-size" when !uint.TryParse(value.Value, out var size) || size == 0:
                    bag.Error(value.At, $"value: sleepable-preload-size is a number above 0, not {Spelling.Quote(value.Value)}");
                    break;
                case var name when name.Length > 0 && !_options.Contains(name):
                    bag.Warning(option.Name.At, $"name: option {Spelling.Quote(name)} is not known and ignored{Spelling.Hint(name, _options)}");
                    break;
            }
        }
        return mode;
    }
}
