using ResultOf = Skep.Agent.KernelTests.Falco.ActorScript.ResultOf;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Calls of every kind that rules are about: done, refused, by other users and by children whose parents are gone.</summary>
static class Deeds
{
    const int Here = -100, ReadWrite = 2, WriteOnly = 1, Create = 0x40, Truncate = 0x200, OnlyPath = 0x200000, Directory = 0x10000;

    /// <summary>Opens files in a directory.</summary>
    public static ActorScript Opens(string directory)
    {
        var script = new ActorScript();
        script.Call("chdir", directory);
        script.Call("openat", Here, $"{directory}/file", Create | ReadWrite, 0x1ff);
        script.Call("openat", Here, "file", 0, 0);
        script.Call("openat", Here, "file", WriteOnly | Truncate, 0);
        script.Call("openat", Here, "./none/../file", 0, 0);
        script.Call("openat", Here, $"{directory}/missing", 0, 0);
        script.Call("openat", Here, $"{directory}/missing/more", WriteOnly | Create, 0);
        script.Call("symlinkat", "file", Here, "pointer");
        script.Call("openat", Here, "pointer", 0, 0);
        var at = new ResultOf(script.Call("openat", Here, directory, Directory, 0));
        script.Call("openat", at, "file", OnlyPath, 0);
        script.Call("openat", at, "missing", ReadWrite, 0);
        script.Call("openat", Here, "/dev/null", WriteOnly, 0);
        script.Call("openat", Here, "/", Directory, 0);
        script.Call("openat", Here, "/proc/self/ns/net", 0, 0);
        script.Call("openat2", Here, "file", (byte[])[.. BitConverter.GetBytes((long)ReadWrite), .. new byte[16]], 24);
        script.Call("openat2", at, "missing", new byte[24], 24);
        script.Call("memfd_create", "hidden", 0);
        for (var i = 3; i < 24; i++)
        {
            // Wherever the descriptors begin, one of them is what is in memory alone.
            script.Call("openat", Here, $"/proc/self/fd/{i}", 0, 0);
        }
        if (System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64)
        {
            script.Call("open", "file", ReadWrite, 0);
            script.Call("creat", "made", 0x180);
            script.Call("creat", "missing/made", 0x180);
        }
        return script;
    }

    /// <summary>Opens a file as others: as the child of a parent with a new name, of one that has ended, as another user.</summary>
    public static ActorScript OpensByOthers(string directory)
    {
        var script = new ActorScript();
        script.Call("prctl", 15, "renamed", 0, 0, 0); // PR_SET_NAME
        var child = script.Call("clone", 17);
        script.Where(child, isZero: true, () => script.Call("openat", Here, $"{directory}/file", 0, 0));
        var grandchild = -1;
        script.Where(child, isZero: true, () => grandchild = script.Call("clone", 17));
        script.Where(grandchild, isZero: true, () =>
        {
            // Until its parent has ended.
            script.Call("nanosleep", (byte[])[.. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(50_000_000L)], 0);
            script.Call("setresuid", 1, 1, 1);
            script.Call("openat", Here, $"{directory}/file", 0, 0);
            script.Call("openat", Here, $"{directory}/missing", 0, 0);
        });
        script.Where(child, isZero: true, () => script.Call("exit_group", 0));
        script.Where(child, isZero: false, () => script.Call("wait4", new ResultOf(child)));
        script.Call("nanosleep", (byte[])[.. BitConverter.GetBytes(0L), .. BitConverter.GetBytes(200_000_000L)], 0);
        script.Call("prctl", 15, "eg_stage", 0, 0, 0);
        return script;
    }

    /// <summary>Makes, connects, duplicates and uses sockets.</summary>
    public static ActorScript Sockets(string directory, int port)
    {
        var script = new ActorScript();
        var address = Addresses.Of($"127.0.0.1:{port}");
        var server = new ResultOf(script.Call("socket", 2, 1, 0));
        script.Call("bind", server, address, address.Length);
        script.Call("listen", server, 8);
        var client = new ResultOf(script.Call("socket", 2, 1, 0));
        script.Call("connect", client, address, address.Length);
        script.Call("dup", client);
        script.Call("dup3", client, 100, 0);
        script.Call("sendto", client, "x", 1, 0, 0, 0);
        var refused = Addresses.Of("127.0.0.1:1");
        var other = new ResultOf(script.Call("socket", 2, 1, 0));
        script.Call("connect", other, refused, refused.Length);
        var datagrams = new ResultOf(script.Call("socket", 2, 2, 0));
        script.Call("sendto", datagrams, "x", 1, 0, address, address.Length);
        script.Call("connect", datagrams, address, address.Length);
        script.Call("sendto", datagrams, "x", 1, 0, 0, 0);
        var six = Addresses.Of($"[::1]:{port}");
        script.Call("sendto", new ResultOf(script.Call("socket", 10, 2, 0)), "x", 1, 0, six, six.Length);
        var unix = new ResultOf(script.Call("socket", 1, 1, 0));
        var path = Addresses.Unix($"{directory}/nobody");
        script.Call("connect", unix, path, path.Length);
        script.Call("dup", unix);
        script.Call("socket", 17, 3, 0);
        script.Call("socket", 999, 1, 0);
        var file = new ResultOf(script.Call("openat", Here, "/dev/null", 0, 0));
        script.Call("dup", file);
        script.Call("dup3", file, 101, 0);
        script.Call("dup", 9999);
        script.Call("close_range", 3, 200, 0);
        return script;
    }

    /// <summary>Links, removes and changes files, and oneself.</summary>
    public static ActorScript Changes(string directory)
    {
        var script = new ActorScript();
        script.Call("chdir", directory);
        script.Call("symlinkat", "/etc/shadow", Here, "shadow");
        script.Call("symlinkat", "/etc/shadow", Here, "missing/shadow");
        script.Call("linkat", Here, "file", Here, "second", 0);
        script.Call("linkat", Here, "missing", Here, $"{directory}/third", 0);
        script.Call("fchmodat", Here, "file", 0x1ed);
        script.Call("fchmodat", Here, $"{directory}/missing", 0x180);
        script.Call("renameat2", Here, "second", Here, "third", 0);
        script.Call("mkdirat", Here, $"{directory}/more", 0x1ff);
        script.Call("unlinkat", Here, "third", 0);
        script.Call("unlinkat", Here, "more", 0x200);
        script.Call("unlinkat", Here, "missing", 0);
        script.Call("ptrace", 16, 0, 0, 0); // PTRACE_ATTACH to nobody
        var child = script.Call("clone", 17);
        script.Where(child, isZero: true, () =>
        {
            script.Call("ptrace", 0, 0, 0, 0); // PTRACE_TRACEME
            script.Call("setuid", 1);
            script.Call("setuid", 0);
            script.Call("exit_group", 0);
        });
        script.Where(child, isZero: false, () => script.Call("wait4", new ResultOf(child)));
        return script;
    }
}
