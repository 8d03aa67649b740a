using System.Text.Json;
using Skep.Engine.Rules;
using Skep.Tetragon.Policies;

namespace Skep.Agent.Policies;

/// <summary>Keeps clients' policies, and what clients chose for those of files, from one start of the agent to the next.</summary>
sealed class PolicyArchive(StateDirectory directory, TextWriter messages)
{
    public const string FileName = "policies.json";

    readonly Lock _writing = new();
    long _written;

    /// <summary>What was kept. What cannot be read is said, kept aside, and done without.</summary>
    public PolicyStore Load()
    {
        KeptPolicies? kept;
        try
        {
            if (directory.Read(FileName) is not { } bytes) return new PolicyStore();
            kept = JsonSerializer.Deserialize(bytes, KeptPoliciesJson.Default.KeptPolicies);
            if (kept?.Version != KeptPolicies.CurrentVersion) throw new JsonException($"its version is {kept?.Version}, and not {KeptPolicies.CurrentVersion}");
        }
        catch (JsonException error)
        {
            messages.WriteLine($"skep: the policies that clients added are lost: {Path.Combine(directory.Path, FileName)} cannot be understood ({error.Message}); it is kept as {directory.SetAside(FileName)}");
            return new PolicyStore();
        }
        var store = new PolicyStore { Remembered = [.. kept.Policies.Where(p => p.Domain == PolicyStore.StaticDomain)] };
        var texts = new Dictionary<int, TracingPolicies>();
        var hasFaults = false;
        foreach (var policy in kept.Policies.Where(p => p.Domain != PolicyStore.StaticDomain))
        {
            if (Find(policy, kept, texts, out var fault) is { } found && store.Find(policy.Name, policy.Namespace, "") is null)
            {
                store = store.With(found, policy.Domain, kept.Texts[policy.Text!.Value]);
                store = store.Replace(store.Policies[^1] with { IsEnabled = policy.IsEnabled, Mode = policy.Mode });
                continue;
            }
            messages.WriteLine($"skep: policy '{policy.Name}', which a client added, is not in force: {(fault.Length > 0 ? fault : "it is there twice")}");
            hasFaults = true;
        }
        if (hasFaults) messages.WriteLine($"skep: those policies are kept in {directory.SetAside(FileName)}");
        return store;
    }

    /// <summary>Keeps what is wanted now; from any thread.</summary>
    /// <param name="store">What is wanted.</param>
    /// <param name="number">Grows with each change: an older one that comes late is not written over a newer one.</param>
    /// <exception cref="IOException">It cannot be kept.</exception>
    public void Save(PolicyStore store, long number)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(Of(store), KeptPoliciesJson.Default.KeptPolicies);
        lock (_writing)
        {
            if (number <= _written) return;
            directory.Write(FileName, bytes);
            _written = number;
        }
    }

    static KeptPolicies Of(PolicyStore store)
    {
        var texts = new Dictionary<string, int>(StringComparer.Ordinal);
        var policies = new List<KeptPolicy>();
        foreach (var policy in store.Policies)
        {
            var kept = new KeptPolicy { Domain = policy.Domain, Namespace = policy.Policy.Namespace, Name = policy.Policy.Name, IsEnabled = policy.IsEnabled, Mode = policy.Mode };
            if (policy.Text is { } text)
            {
                if (!texts.TryGetValue(text, out var index)) texts[text] = index = texts.Count;
                policies.Add(kept with { Text = index });
            }
            else if (!policy.IsEnabled || policy.Mode is not null)
            {
                policies.Add(kept with { OwnMode = policy.Policy.Mode });
            }
        }
        return new KeptPolicies { Version = KeptPolicies.CurrentVersion, Texts = [.. texts.Keys], Policies = policies };
    }

    static Policy? Find(KeptPolicy kept, KeptPolicies all, Dictionary<int, TracingPolicies> texts, out string fault)
    {
        fault = "";
        if (kept.Text is not { } index || index < 0 || index >= all.Texts.Count)
        {
            fault = "its text is missing";
            return null;
        }
        if (!texts.TryGetValue(index, out var read)) texts[index] = read = TracingPolicyFile.Parse(all.Texts[index], kept.Name);
        if (read.Policies.FirstOrDefault(p => p.Name == kept.Name && p.Namespace == kept.Namespace) is { } found) return found;
        fault = read.Diagnostics.FirstOrDefault(d => d.Severity == Severity.Error)?.ToString() ?? "its text has no policy of this name";
        return null;
    }
}
