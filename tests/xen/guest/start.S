/* SPDX-License-Identifier: GPL-2.0-only */
/* Where Xen starts the first vCPU, with ebx = struct hvm_start_info; the second one is started by xen_start_vcpu(). */
#include <xen/elfnote.h>

	.section .note.Xen, "a", @note
	.align 4
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.align 4
	.long start

	.section .text.start, "ax"
	.globl start
start:
	cld
	mov $stack_top, %esp
	push %ebx
	call guest_main
1:	cli
	hlt
	jmp 1b

	.globl second_start
second_start:
	cld
	mov $second_stack_top, %esp
	call second_main
1:	cli
	hlt
	jmp 1b

	.section .bss
	.align 16
	.skip 16384
stack_top:
	.skip 16384
second_stack_top:
	.section .note.GNU-stack, "", @progbits
