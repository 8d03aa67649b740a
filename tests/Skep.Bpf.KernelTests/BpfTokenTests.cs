using System.Diagnostics;
using System.Globalization;
using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class BpfTokenTests
{
    [KernelFact(KernelFeature.BpfToken, KernelFeature.UnprivilegedUserNs)]
    public void Token_permits_a_process_in_a_user_namespace_what_was_delegated_and_no_more()
    {
        var start = new ProcessStartInfo("unshare", ["-U", "-r", "-m", Environment.ProcessPath!]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Skep.Bpf.KernelTests.dll"));
        start.ArgumentList.Add(TokenChild.Argument);
        using var child = Process.Start(start)!;
        var numbers = child.StandardOutput.ReadLine().ShouldNotBeNull().Split(' ');
        numbers.Length.ShouldBe(2, string.Join(' ', numbers));
        BpfTokenRequest.Grant(int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture), new BpfTokenGrant
        {
            Maps = [MapType.Hash, MapType.Array, MapType.LruHash],
            Programs = [ProgramType.Tracepoint],
        });
        child.StandardInput.WriteLine();
        child.StandardInput.Close();
        var said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        said.ShouldBe("without: EPERM\nmap: True 7\nwith: Tracepoint True ffffffff\nlimits: EPERM\n");
    }

    [KernelFact(KernelFeature.BpfToken)]
    public void Token_in_the_first_user_namespace_is_refused_with_the_reason()
    {
        using var request = BpfTokenRequest.Open();
        BpfTokenRequest.Grant(request.ProcessId, request.Descriptor, new BpfTokenGrant());
        Should.Throw<BpfSyscallException>(request.Complete).Message.ShouldContain("inside user namespaces");
    }
}
